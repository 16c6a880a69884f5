"""What the shipped jobs must have published, computed a second time in plain Python.

The oracle shares no code with the jobs. It reads the records that are really in the input topic,
partition by partition with their offsets, and works out what a correct Flink may have published:

- The watermark of a job is the least, over the partitions, of (greatest event time read - 5 s).
  So when a reading arrives, the watermark is at most (greatest event time before it in its own
  partition - 5 s): its *bound*. A reading that is not late by its bound is never dropped.
- A reading that is late by its bound, a *straggler*, is normally dropped, but is accepted where
  another partition still holds the watermark back. The oracle therefore knows several outcomes
  for a window with stragglers, and takes the published one if it is among them; how many
  stragglers were accepted is counted and is no error.
- What must be there is decided by a *cut*, offsets of the input that every job has passed: all
  that closes by the watermark which the cut implies. What is published beyond it must be right.
"""
