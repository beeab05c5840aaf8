#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace regard::testing_support {

// The program, running, so that a test can send it signals. Its messages go to files. Killed at the end where
// it still runs.
class Process {
 public:
  // `program` is run in `folder`; standard output and error go to `out` and `err` there.
  struct Command {
    std::vector<std::string> words;
    std::filesystem::path folder;
  };
  explicit Process(const Command& command) {
    std::vector<char*> words;
    for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const std::string out = (command.folder / "out").string(), err = (command.folder / "err").string();
    pid_ = ::fork();
    if (pid_ != 0) return;
    const auto redirect = [](const std::string& path, int to) {
      const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
      ::dup2(fd, to);
    };
    redirect(out, STDOUT_FILENO);
    redirect(err, STDERR_FILENO);
    if (::chdir(command.folder.c_str()) == 0) ::execv(words[0], words.data());
    ::_exit(99);
  }
  ~Process() {
    if (!running()) return;
    send(SIGKILL);
    wait();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) {
    if (!status_) ::kill(pid_, signal);
  }
  bool running() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return !status_;
  }
  // Its exit code, or 128 + N where signal N ended it.
  int wait() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, 0) == pid_) status_ = status;
    return WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
  }
  // Waits until `happened`; false where the program ended before.
  bool wait_for(const std::function<bool()>& happened) {
    while (!happened()) {
      if (!running()) return happened();
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return true;
  }

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace regard::testing_support
