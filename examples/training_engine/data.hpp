// SPDX-License-Identifier: Apache-2.0
//
// Things to learn: digits drawn by a shaky hand, the same digits to be found among clutter, and a text.
//
// Batches are functions of the step, so that every run sees the same ones.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "random.hpp"
#include "tensor.hpp"

namespace engine {

struct point {
  float x, y;
};
using stroke = std::vector<point>;

/// The digits as one stroke each: points "xy" in tenths of the picture's side, y pointing down.
inline constexpr std::array<std::string_view, 10> digit_strokes = {
    "51 72 85 78 59 38 25 32 51", "33 51 59",    "33 41 61 73 75 29 89",
    "21 51 73 64 45 76 78 59 28", "69 61 27 87", "81 31 35 65 86 78 49 28",
    "61 43 26 38 59 78 75 55 36", "21 81 49",    "55 33 41 61 73 55 37 39 69 77 55",
    "74 55 33 41 61 73 69"};

inline stroke stroke_of(std::size_t digit) {
  stroke out;
  auto const tenths = [](char c) { return static_cast<float>(c - '0') / 10; };
  std::string_view const points = digit_strokes[digit];
  for (std::size_t i = 0; i < points.size(); i += 3)
    out.push_back({tenths(points[i]), tenths(points[i + 1])});
  return out;
}

/// The stroke turned, scaled, shifted and shaken a little.
inline stroke by_hand(stroke drawn, random_stream const& hand) {
  float const angle = hand.uniform(0, -.25F, .25F), slant = hand.uniform(1, -.2F, .2F);
  float const size = hand.uniform(2, .65F, .85F);
  float const right = hand.uniform(3, -.08F, .08F), down = hand.uniform(4, -.08F, .08F);
  std::uint64_t n = 5;
  for (point& p : drawn) {
    float const x = p.x - .5F + hand.uniform(n, -.03F, .03F),
                y = p.y - .5F + hand.uniform(n + 1, -.03F, .03F);
    n += 2;
    p.x = .5F + right + size * (std::cos(angle) * (x + slant * y) - std::sin(angle) * y);
    p.y = .5F + down + size * (std::sin(angle) * (x + slant * y) + std::cos(angle) * y);
  }
  return drawn;
}

/// How far `p` is from the stroke.
inline float distance(point p, stroke const& drawn) {
  float best = 2;
  for (std::size_t i = 0; i + 1 < drawn.size(); ++i) {
    point const a = drawn[i], b = drawn[i + 1];
    float const dx = b.x - a.x, dy = b.y - a.y;
    float const along = ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy + 1e-12F);
    float const t = std::clamp(along, 0.F, 1.F);
    best = std::min(best, std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy));
  }
  return best;
}

/// Ink of the stroke at each pixel of a square picture, 0 .. 1, one row a pixel.
template <class Column>
void draw(stroke const& drawn, index side, Column&& ink) {
  auto const n = static_cast<float>(side);
  for (index i = 0; i < side * side; ++i) {
    point const centre{(static_cast<float>(i % side) + .5F) / n, (static_cast<float>(i / side) + .5F) / n};
    ink(i) = std::max(ink(i), std::clamp(1.5F - distance(centre, drawn) * n, 0.F, 1.F));
  }
}

/// One digit a picture; the target is which.
inline void draw_digits(shape const& pictures, std::uint64_t step, view x, view target) {
  index const pixels = pictures.height * pictures.width;
  x.setZero();
  for (index n = 0; n < pictures.batch; ++n) {
    random_stream const hand(static_cast<std::uint64_t>(n), step);
    auto const digit = hand.below(100, 10);
    draw(by_hand(stroke_of(digit), hand), pictures.width, x.col(0).segment(n * pixels, pixels));
    target(n, 0) = static_cast<scalar>(digit);
  }
}

/// One digit a picture, behind crossing lines and noise; the target is which pixels belong to the digit.
inline void hide_digits(shape const& pictures, std::uint64_t step, view x, view target) {
  index const pixels = pictures.height * pictures.width;
  x.setZero();
  for (index n = 0; n < pictures.batch; ++n) {
    random_stream const hand(static_cast<std::uint64_t>(n), step);
    auto picture = x.col(0).segment(n * pixels, pixels);
    draw(by_hand(stroke_of(hand.below(100, 10)), hand), pictures.width, picture);
    for (index i = 0; i < pixels; ++i) target(n * pixels + i, 0) = picture(i) > .5F ? 1.F : 0.F;
    for (std::uint64_t line = 0; line < 3; ++line) {
      auto const at = [&](std::uint64_t k) { return hand.uniform(200 + 4 * line + k); };
      draw({{at(0), at(1)}, {at(2), at(3)}}, pictures.width, picture);
    }
    for (index i = 0; i < pixels; ++i) {
      picture(i) += hand.uniform(1000 + static_cast<std::uint64_t>(i), -.2F, .2F);
    }
  }
}

/// The opening of "Alice's Adventures in Wonderland" (Lewis Carroll, 1865), in the public domain.
inline constexpr std::string_view story =
    "Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to "
    "do: "
    "once or twice she had peeped into the book her sister was reading, but it had no pictures or "
    "conversations in it, 'and what is the use of a book,' thought Alice 'without pictures or "
    "conversations?' So she was considering in her own mind (as well as she could, for the hot day made her "
    "feel very sleepy and stupid), whether the pleasure of making a daisy-chain would be worth the trouble "
    "of getting up and picking the daisies, when suddenly a White Rabbit with pink eyes ran close by her. "
    "There was nothing so very remarkable in that; nor did Alice think it so very much out of the way to "
    "hear the Rabbit say to itself, 'Oh dear! Oh dear! I shall be late!' (when she thought it over "
    "afterwards, it occurred to her that she ought to have wondered at this, but at the time it all seemed "
    "quite natural); but when the Rabbit actually took a watch out of its waistcoat-pocket, and looked at "
    "it, and then hurried on, Alice started to her feet, for it flashed across her mind that she had never "
    "before seen a rabbit with either a waistcoat-pocket, or a watch to take out of it, and burning with "
    "curiosity, she ran across the field after it, and fortunately was just in time to see it pop down a "
    "large rabbit-hole under the hedge. In another moment down went Alice after it, never once considering "
    "how in the world she was to get out again. ";

/// The letters that the story uses, each once.
inline std::string const& alphabet() {
  static std::string const letters = [] {
    std::string all(story);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }();
  return letters;
}

/// Pieces of the story; the target of each letter is the one after it.
inline void quote_story(shape const& texts, std::uint64_t step, view x, view target) {
  auto const number_of = [](char letter) { return static_cast<scalar>(alphabet().find(letter)); };
  random_stream const finger(7, step);
  auto const starts = story.size() - static_cast<std::size_t>(texts.width);
  for (index n = 0; n < texts.batch; ++n) {
    std::size_t const from = finger.below(static_cast<std::uint64_t>(n), starts);
    for (index t = 0; t < texts.width; ++t) {
      x(n * texts.width + t, 0) = number_of(story[from + static_cast<std::size_t>(t)]);
      target(n * texts.width + t, 0) = number_of(story[from + static_cast<std::size_t>(t) + 1]);
    }
  }
}

}  // namespace engine
