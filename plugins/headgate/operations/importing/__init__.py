"""Topics that other tools made, written as folders of `schemas/`."""
