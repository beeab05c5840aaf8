#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

// Three kinds of failure have three forms: the user's fault is one of these exceptions, ours is an assert,
// expected absence is an optional. A message says what was found, where, and what was expected, in one or two
// lines.

namespace regard {

// It failed while running (exit code 1): no space on the disk, a write refused, no memory.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Wrong use of a command or a function (exit code 2).
class UsageError : public Error {
 public:
  using Error::Error;
};

// A bad file, model or input (exit code 3).
class InputError : public Error {
 public:
  using Error::Error;
};

// The user asked to stop; what was to be saved is saved (exit code 130).
class Interrupted : public Error {
 public:
  using Error::Error;
};

// Memory ran out; names what was asked, in bytes (exit code 1).
class OutOfMemory : public Error {
 public:
  explicit OutOfMemory(std::size_t bytes)
      : Error("out of memory: " + std::to_string(bytes) + " bytes were asked for") {}
};

}  // namespace regard
