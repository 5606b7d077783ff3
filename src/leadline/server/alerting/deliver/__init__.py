"""Messages on their way: kinds of channels, a file each, and the thread that sends what is due."""
