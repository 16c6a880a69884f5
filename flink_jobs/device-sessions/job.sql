-- A session lasts while a device reports at least every thirty seconds. A device counts its
-- readings, so a hole in the numbers is a reading that never arrived in time.
INSERT INTO device_sessions
SELECT
  device_id,
  window_start                                     AS session_start,
  window_end                                       AS session_end,
  COUNT(*)                                         AS readings,
  MAX(`sequence`) - MIN(`sequence`) + 1 - COUNT(*) AS missing_readings,
  MAX(reading_time)                                AS last_reading
FROM TABLE(
  SESSION(
    TABLE sensor_readings PARTITION BY device_id,
    DESCRIPTOR(reading_time),
    INTERVAL '30' SECOND))
GROUP BY device_id, window_start, window_end;
