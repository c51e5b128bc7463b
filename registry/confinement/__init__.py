"""What bounds a process that looks at what strangers have sent, and how it is spoken to."""
