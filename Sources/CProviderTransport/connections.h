#pragma once

#include <chrono>
#include <string>

/// Ends every connection to the server that listens at `path` (or, if that is empty, on TCP `port`), and lets it
/// accept no more: clients see a connection that broke, and nothing else. Until `patience` it waits for those that
/// have not read all of their answers: a client that finds it cannot write any more may read no more either.
void end_connections(const std::string &path, int port, std::chrono::steady_clock::time_point patience);
