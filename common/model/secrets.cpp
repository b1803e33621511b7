// SPDX-License-Identifier: Apache-2.0
#include "common/model/secrets.h"

#include <algorithm>
#include <array>

namespace portwatch::model {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kQuotes = "\"'`";

bool contains(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_char(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) || contains("-_.", c);
}

/// The words of a name in lower case: "--dbPassword" and "DB_PASSWORD" are "db", "password".
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool is_word_open = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_lower(c) && !is_upper(c) && !is_digit(c)) {
      is_word_open = false;
      continue;
    }
    const bool is_hump = is_upper(c) && i > 0 && is_lower(name[i - 1]);
    if (!is_word_open || is_hump) words.emplace_back();
    words.back() += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    is_word_open = true;
  }
  return words;
}

/// Names like these usually carry the path of a file with the secret in it, which is none itself.
bool may_name_a_file(std::string_view name) {
  const auto words = words_of(name);
  return !words.empty() && (words.back().ends_with("key") || words.back().starts_with("credential"));
}

/// Nothing inside it may be a secret with a name of its own: what is left of that would read as no path any
/// more.
bool looks_like_a_path(std::string_view value) {
  if (value.find_first_of("=:") != std::string_view::npos) return false;
  return value.starts_with('/') || value.starts_with("./") || value.starts_with("../") ||
         value.starts_with("~/") || value.starts_with('@') || value.ends_with(".pem") ||
         value.ends_with(".key") || value.ends_with(".json");
}

/// Values that say whether there is a secret, not which.
bool is_switch(std::string_view value) {
  constexpr auto kSwitches =
      std::to_array<std::string_view>({"", "true", "false", "yes", "no", "on", "off", "none"});
  return is_one_of(kSwitches, value);
}

bool is_secret(std::string_view name, std::string_view value) {
  return is_secret_name(name) && !is_switch(value) && !(may_name_a_file(name) && looks_like_a_path(value));
}

/// Nobody writes a longer name and password into a URL, and each mark looks this far.
constexpr std::size_t kLongestAuthority = 1024;

/// Replaces the password in each "scheme://user:password@host".
void redact_urls(std::string& text) {
  for (std::size_t mark = text.find("://"); mark != std::string::npos; mark = text.find("://", mark + 1)) {
    const std::size_t start = mark + 3;
    std::string_view url = std::string_view(text).substr(start, kLongestAuthority);
    url = url.substr(0, url.find_first_of(" \t\r\n\"'`<>"));
    const std::size_t colon = url.find_first_of(":/?#@");
    if (colon == std::string_view::npos || url[colon] != ':') continue;
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    std::size_t at = authority.rfind('@');
    if (at == std::string_view::npos) {
      // A "/", "?" or "#" in the password ends the authority too early; behind a host stand only digits.
      if (std::ranges::all_of(authority.substr(colon + 1), is_digit)) continue;
      at = url.rfind('@');
    }
    if (at == std::string_view::npos || at <= colon + 1) continue;
    text.replace(start + colon + 1, at - colon - 1, kRedactedSecret);
  }
}

/// The name that ends before `end`, which may be followed by the quote that closes it; empty when there is
/// none.
struct Name {
  std::size_t start = 0;
  std::size_t size = 0;
  bool is_quoted = false;
};
Name name_before(std::string_view text, std::size_t end, bool may_have_spaces) {
  if (may_have_spaces)
    while (end > 0 && contains(kSpaces, text[end - 1])) --end;
  const bool is_quoted = end > 0 && contains(kQuotes, text[end - 1]);
  if (is_quoted) --end;
  std::size_t start = end;
  while (start > 0 && is_name_char(text[start - 1])) --start;
  return {.start = start, .size = end - start, .is_quoted = is_quoted};
}

/// Where the value that starts at `start` ends: at its closing quote, or at what separates values.
std::size_t end_of_value(std::string_view text, std::size_t start, std::string_view separators) {
  return std::min(text.find_first_of(separators, start), text.size());
}

/// Replaces the values of named secrets. `is_code` when the text is a script's, where a value ends with its
/// word.
void redact_named(std::string& text, bool is_code) {
  for (std::size_t mark = text.find_first_of("=:"); mark != std::string::npos;
       mark = text.find_first_of("=:", mark + 1)) {
    const Name name = name_before(text, mark, is_code);
    if (name.size == 0 || !is_secret_name(std::string_view(text).substr(name.start, name.size))) continue;
    const char before = name.start == 0 ? '\0' : text[name.start - 1];
    const bool is_at_start = before == '\0' || (before == '=' && !is_code);
    if (!is_at_start && !contains(" \t\r\n;&?,=\"'`({[|", before)) continue;
    std::size_t start = mark + 1;
    // A colon joins name and value in a header ("X-Api-Key: v"), in JSON ("password": "v") and nowhere else
    // that we trust.
    const bool is_spaced = start < text.size() && contains(kSpaces, text[start]);
    if (text[mark] == ':' && !name.is_quoted && !is_spaced) continue;
    const bool is_whole = is_at_start && !is_code && !name.is_quoted;
    while (start < text.size() && contains(kSpaces, text[start]) && (is_code || text[mark] == ':')) ++start;
    if (start == text.size() || text[start] == '=') continue;
    std::size_t end = text.size();
    if (!is_whole && contains(kQuotes, text[start])) {
      const char quote = text[start++];
      end = end_of_value(text, start, std::string_view(&quote, 1));
    } else if (!is_whole) {
      end =
          end_of_value(text, start, before == '?' || before == '&' ? "&;# \t\r\n\"'`" : "&;,)}]| \t\r\n\"'`");
    }
    const std::string_view value = std::string_view(text).substr(start, end - start);
    if (!is_secret(std::string_view(text).substr(name.start, name.size), value)) continue;
    text.replace(start, end - start, kRedactedSecret);
    mark = start + kRedactedSecret.size() - 1;
  }
}

/// Whether the argument behind this option is a script: sh -c, bash -lc, perl -e, node --eval.
bool takes_code(std::string_view option) {
  constexpr auto kOptions = std::to_array<std::string_view>({"--eval", "--command", "--execute"});
  if (is_one_of(kOptions, option)) return true;
  return option.size() >= 2 && option.size() <= 4 && option[0] == '-' && option[1] != '-' &&
         contains("ceE", option.back());
}

/// "--token" alone: its value is the next argument. "--password -x" asks for the password, and goes on with
/// "-x".
bool is_value_of(std::string_view option, std::string_view value) {
  return option.starts_with('-') && option.find_first_of("=:/ ") == std::string_view::npos &&
         !value.starts_with('-') && is_secret(option, value);
}

}  // namespace

bool is_secret_name(std::string_view name) {
  constexpr auto kSecretWords = std::to_array<std::string_view>(
      {"pass", "dbpass", "rootpass", "userpass", "requirepass", "masterpass", "masterauth", "pwd", "jwt",
       "bearer", "setcookie", "authorization", "credential", "credentials"});
  constexpr auto kSecretEndings = std::to_array<std::string_view>(
      {"password", "passwd", "passphrase", "token", "secret", "apikey", "secretkey", "accesskey",
       "privatekey", "authkey", "accountkey", "connectionstring"});
  constexpr auto kKeysOf = std::to_array<std::string_view>(
      {"api", "secret", "access", "private", "auth", "account", "encryption", "signing", "master", "shared"});
  constexpr auto kNegations =
      std::to_array<std::string_view>({"no", "without", "skip", "disable", "ask", "allow", "require", "max",
                                       "min", "num", "change", "generate"});

  if (name == "PWD" || name == "OLDPWD") return false;
  const auto words = words_of(name);
  if (words.empty() || is_one_of(kNegations, words.front())) return false;
  const std::string_view last = words.back();
  if (is_one_of(kSecretWords, last)) return true;
  if (std::ranges::any_of(kSecretEndings, [last](std::string_view ending) { return last.ends_with(ending); }))
    return true;
  return words.size() > 1 && last == "key" && is_one_of(kKeysOf, words[words.size() - 2]);
}

std::vector<std::string> redact_secrets(std::vector<std::string> argv) {
  // The program's own name stays, whatever it is called.
  for (std::size_t i = 1; i < argv.size(); ++i) {
    const std::string_view option = argv[i - 1];
    if (i > 1 && is_value_of(option, argv[i])) {
      argv[i] = kRedactedSecret;
      continue;
    }
    redact_urls(argv[i]);
    redact_named(argv[i], takes_code(option));
  }
  return argv;
}

}  // namespace portwatch::model
