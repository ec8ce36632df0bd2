"""One file a step; `revision` names it, `down_revision` the one before."""
