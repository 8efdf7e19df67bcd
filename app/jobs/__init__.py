"""What sync_worker.py runs."""
