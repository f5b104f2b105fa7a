#pragma once

#include <string>

/// Ends every connection to the server that listens at `path` (or, if that is empty, on TCP `port`), and lets it
/// accept no more: clients see a connection that broke, and nothing else.
void end_connections(const std::string &path, int port);
