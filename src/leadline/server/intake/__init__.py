"""What comes in becomes typed rows, and many batches one transaction."""
