-- A normal reading of a sensor, then three in a row above the limit of its quantity.
INSERT INTO threshold_breaches
SELECT
  device_id,
  quantity,
  normal_time,
  breach_start,
  breach_confirmed,
  limit_value,
  peak_value
FROM (
  -- Only these quantities have a limit.
  SELECT
    *,
    CASE quantity
      WHEN 'temperature' THEN 80.0E0
      WHEN 'vibration' THEN 12.0E0
      ELSE 9.0E0
    END AS upper_limit
  FROM sensor_readings
  WHERE quantity IN ('temperature', 'vibration', 'pressure')
)
MATCH_RECOGNIZE (
  PARTITION BY device_id, quantity
  ORDER BY reading_time, `sequence`
  MEASURES
    NORMAL.reading_time                                   AS normal_time,
    HIGH1.reading_time                                    AS breach_start,
    HIGH3.reading_time                                    AS breach_confirmed,
    HIGH1.upper_limit                                     AS limit_value,
    GREATEST(HIGH1.`value`, HIGH2.`value`, HIGH3.`value`) AS peak_value
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (NORMAL HIGH1 HIGH2 HIGH3)
  DEFINE
    NORMAL AS NORMAL.`value` <= NORMAL.upper_limit,
    HIGH1  AS HIGH1.`value` > HIGH1.upper_limit,
    HIGH2  AS HIGH2.`value` > HIGH2.upper_limit,
    HIGH3  AS HIGH3.`value` > HIGH3.upper_limit
);
