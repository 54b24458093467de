// One request under way: what cpprestsdk's threads hand over to the caller's thread. Thread-safe; shared by both sides, because the
// caller may leave before cpprestsdk has noticed.
#pragma once

#include <cpprest/http_client.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace hullwright::http {

struct Finished {};  // the body is complete
struct TimedOut {};  // the deadline passed
struct Stopped {};   // stop was requested
// What happens next, in this order: the head, pieces of the body, the end or a failure.
using ExchangeEvent = std::variant<web::http::http_response, std::string, Finished, std::exception_ptr, TimedOut, Stopped>;

class Exchange {
 public:
  // The caller's side.
  ExchangeEvent Wait(Deadline deadline, const std::stop_token& stop);
  // The caller leaves: bytes that come still are dropped.
  void Abandon();

  // The other side.
  void SetHead(web::http::http_response head);
  pplx::task<void> Append(std::string_view bytes);  // done when more may come
  void Finish(std::exception_ptr failure);          // nullptr: success

 private:
  void LetMoreCome(std::unique_lock<std::mutex>& lock);  // unlocks

  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Until it is taken: it holds the sink of the body, which holds this.
  std::optional<web::http::http_response> head_;
  bool head_taken_ = false;
  std::string arrived_;
  std::optional<pplx::task_completion_event<void>> held_back_;
  bool finished_ = false, abandoned_ = false;
  std::exception_ptr failure_;
};

}  // namespace hullwright::http
