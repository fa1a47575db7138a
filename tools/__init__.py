"""What the project uses to keep itself in order. None of it is part of the library."""
