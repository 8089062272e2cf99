#pragma once

// The parser's classes by name only: its header takes seconds to read, and only what declares options needs
// it.
namespace CLI {
class App;
class Option;
} // namespace CLI
