// Empty, because no code calls this library: LD_PRELOAD loads it into a program, and its malloc replaces libc's.
