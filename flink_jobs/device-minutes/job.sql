-- One row per device, quantity and minute of event time.
INSERT INTO device_minutes
SELECT
  device_id,
  device_class,
  quantity,
  window_start,
  window_end,
  COUNT(*)          AS readings,
  MIN(`value`)      AS min_value,
  MAX(`value`)      AS max_value,
  AVG(`value`)      AS avg_value,
  MIN(reading_time) AS first_reading,
  MAX(reading_time) AS last_reading
FROM TABLE(TUMBLE(TABLE sensor_readings, DESCRIPTOR(reading_time), INTERVAL '1' MINUTE))
GROUP BY device_id, device_class, quantity, window_start, window_end;
