"""The flows, each on one screen: prepare, dispatch, recovery. They join the stages; stages know nothing of each other."""
