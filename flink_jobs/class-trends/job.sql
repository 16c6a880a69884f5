-- Two minutes of a whole device class, anew every thirty seconds.
INSERT INTO class_trends
SELECT
  device_class,
  quantity,
  window_start,
  window_end,
  COUNT(*)                  AS readings,
  COUNT(DISTINCT device_id) AS devices,
  MIN(`value`)              AS min_value,
  MAX(`value`)              AS max_value,
  AVG(`value`)              AS avg_value
FROM TABLE(
  HOP(TABLE sensor_readings, DESCRIPTOR(reading_time), INTERVAL '30' SECOND, INTERVAL '2' MINUTE))
GROUP BY device_class, quantity, window_start, window_end;
