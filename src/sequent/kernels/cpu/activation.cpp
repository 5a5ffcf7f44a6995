#include "sequent/kernels/activation.h"

#include "sequent/base/threads.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sequent/kernels/cpu/activation.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// After highway.h.
#include "sequent/kernels/cpu/vector-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sequent::kernels::HWY_NAMESPACE {

// Each kind gives f(x), and f'(x) where it is asked for, from one evaluation of its exponential.
struct Pair {
  FloatVector value;
  FloatVector slope;
};

struct Identity {
  static HWY_INLINE Pair At(FloatTag d, FloatVector x) { return {x, hn::Set(d, 1.0f)}; }
};

struct Relu {
  static HWY_INLINE Pair At(FloatTag d, FloatVector x) {
    const auto zero = hn::Zero(d);
    // Written so that NaN stays NaN.
    return {hn::IfThenZeroElse(hn::Lt(x, zero), x), hn::IfThenElseZero(hn::Gt(x, zero), hn::Set(d, 1.0f))};
  }
};

// sigmoid(x) and 1 - sigmoid(x), each accurate where it is small, which 1 - s is not.
struct Logistic {
  FloatVector value;
  FloatVector complement;

  static HWY_INLINE Logistic At(FloatTag d, FloatVector x) {
    const auto one = hn::Set(d, 1.0f);
    const auto small = Exp(d, hn::Neg(hn::Abs(x)));
    const auto upper = hn::Div(one, hn::Add(one, small));
    const auto lower = hn::Mul(small, upper);
    const auto negative = hn::Lt(x, hn::Zero(d));
    return {hn::IfThenElse(negative, lower, upper), hn::IfThenElse(negative, upper, lower)};
  }
};

struct Silu {
  static HWY_INLINE Pair At(FloatTag d, FloatVector x) {
    const Logistic s = Logistic::At(d, x);
    const auto value = hn::Mul(x, s.value);
    return {value, hn::MulAdd(value, s.complement, s.value)};
  }
};

// x Phi(x). With z = |x| / sqrt(2):  Phi(-|x|) = erfc(z) / 2 = exp(-z^2) t Q(t) / 2,  t = 1 / (1 + 0.38 z), where Q
// interpolates exp(z^2) erfc(z) / t at the Chebyshev points of 0 <= z <= 10 (relative error 2.5e-8).
struct Gelu {
  static HWY_INLINE Pair At(FloatTag d, FloatVector x) {
    const auto one = hn::Set(d, 1.0f);
    const auto t = hn::Div(one, hn::MulAdd(hn::Abs(x), hn::Set(d, 0.268700577f), one));
    auto q = hn::Set(d, 0.0596302628f);
    q = hn::MulAdd(q, t, hn::Set(d, -0.265592309f));
    q = hn::MulAdd(q, t, hn::Set(d, 0.370877397f));
    q = hn::MulAdd(q, t, hn::Set(d, -0.169674972f));
    q = hn::MulAdd(q, t, hn::Set(d, 0.235820386f));
    q = hn::MulAdd(q, t, hn::Set(d, 0.136137502f));
    q = hn::MulAdd(q, t, hn::Set(d, 0.204558153f));
    q = hn::MulAdd(q, t, hn::Set(d, 0.213827211f));
    q = hn::MulAdd(q, t, hn::Set(d, 0.21441639f));
    const auto bell = Exp(d, hn::Mul(hn::Mul(x, x), hn::Set(d, -0.5f)));
    const auto tail = hn::Mul(hn::Mul(bell, hn::Set(d, 0.5f)), hn::Mul(t, q));
    const auto distribution = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(one, tail));
    const auto density = hn::Mul(bell, hn::Set(d, 0.39894228f));
    return {hn::Mul(x, distribution), hn::MulAdd(x, density, distribution)};
  }
};

// x (1 + tanh(u)) / 2 = x sigmoid(2 u)  with  u = sqrt(2 / pi) (x + 0.044715 x^3).
struct GeluTanh {
  static HWY_INLINE Pair At(FloatTag d, FloatVector x) {
    constexpr float kLinear = 1.59576912f;  // 2 sqrt(2 / pi)
    constexpr float kCubic = kLinear * 0.044715f;
    const auto square = hn::Mul(x, x);
    const Logistic s = Logistic::At(d, hn::Mul(x, hn::MulAdd(square, hn::Set(d, kCubic), hn::Set(d, kLinear))));
    const auto inner_slope = hn::MulAdd(square, hn::Set(d, 3 * kCubic), hn::Set(d, kLinear));
    const auto value = hn::Mul(x, s.value);
    return {value, hn::MulAdd(hn::Mul(value, s.complement), inner_slope, s.value)};
  }
};

template <class Body>
HWY_INLINE void WithKind(Activation f, Body&& body) {
  switch (f) {
    case Activation::silu:
      return body(Silu());
    case Activation::gelu:
      return body(Gelu());
    case Activation::gelu_tanh:
      return body(GeluTanh());
    case Activation::relu:
      return body(Relu());
    case Activation::identity:
      return body(Identity());
  }
}

void ActivationForwardRange(const ActivationForward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  WithKind(args.f, [&](auto kind) HWY_ATTR {
    ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      StoreUpTo(d, kind.At(d, LoadUpTo(d, args.x + begin + i, count)).value, args.y + begin + i, count);
    });
  });
}

void ActivationBackwardRange(const ActivationBackward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  WithKind(args.f, [&](auto kind) HWY_ATTR {
    ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      const std::int64_t at = begin + i;
      const Pair f = kind.At(d, LoadUpTo(d, args.x + at, count));
      StoreUpTo(d, hn::Mul(LoadUpTo(d, args.dy + at, count), f.slope), args.dx + at, count);
      if (args.y) StoreUpTo(d, f.value, args.y + at, count);
    });
  });
}

void GatedForwardRange(const GatedForward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  WithKind(args.f, [&](auto kind) HWY_ATTR {
    ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      const std::int64_t at = begin + i;
      const auto value = kind.At(d, LoadUpTo(d, args.gate + at, count)).value;
      StoreUpTo(d, hn::Mul(value, LoadUpTo(d, args.value + at, count)), args.y + at, count);
    });
  });
}

void GatedBackwardRange(const GatedBackward<float>& args, std::int64_t begin, std::int64_t end) {
  const FloatTag d;
  WithKind(args.f, [&](auto kind) HWY_ATTR {
    ForEachVector(d, end - begin, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      const std::int64_t at = begin + i;
      const Pair f = kind.At(d, LoadUpTo(d, args.gate + at, count));
      const auto dy = LoadUpTo(d, args.dy + at, count);
      if (args.dgate) {
        const auto dvalue = hn::Mul(dy, LoadUpTo(d, args.value + at, count));
        StoreUpTo(d, hn::Mul(dvalue, f.slope), args.dgate + at, count);
      }
      if (args.dvalue) StoreUpTo(d, hn::Mul(dy, f.value), args.dvalue + at, count);
    });
  });
}

}  // namespace sequent::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sequent::kernels {

namespace {
// Below this many elements a second thread costs more than it saves.
constexpr std::int64_t kGrain = 8192;
}  // namespace

HWY_EXPORT(ActivationForwardRange);
HWY_EXPORT(ActivationBackwardRange);
HWY_EXPORT(GatedForwardRange);
HWY_EXPORT(GatedBackwardRange);

void activation(Cpu, const ActivationForward<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(ActivationForwardRange)(args, begin, end);
  });
}

void activation(Cpu, const ActivationBackward<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(ActivationBackwardRange)(args, begin, end);
  });
}

void gated(Cpu, const GatedForward<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(GatedForwardRange)(args, begin, end);
  });
}

void gated(Cpu, const GatedBackward<float>& args) {
  parallel_for(0, args.count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(GatedBackwardRange)(args, begin, end);
  });
}

}  // namespace sequent::kernels
#endif  // HWY_ONCE
