// Nothing is called here by name: the library is loaded into a program before all others, and its
// malloc takes the place of libc's.
