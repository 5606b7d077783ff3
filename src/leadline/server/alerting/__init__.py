"""What a report tells becomes living alerts, and reaches people."""
