//! Floating-point numbers in decimal, as Go's `strconv` spells them.

/// A number under one of the verbs `e`, `E`, `f`, `g`, `G` and `b`. Without precision it has the fewest digits that tell it from all
/// others.
pub(super) fn float(value: f64, verb: char, precision: Option<usize>) -> String {
    match verb {
        'b' => binary(value),
        'f' | 'F' => fixed(value, precision.unwrap_or(6)),
        'e' | 'E' => scientific(value, Some(precision.unwrap_or(6)), verb),
        _ => general(value, precision, verb),
    }
}

/// No `f64` has more digits behind the point; what is asked for beyond is zeros.
const DIGITS_MAX: usize = 1100;

fn fixed(value: f64, precision: usize) -> String {
    let kept = precision.min(DIGITS_MAX);
    let mut text = format!("{value:.kept$}");
    text.extend(std::iter::repeat_n('0', precision - kept));
    text
}

fn scientific(value: f64, precision: Option<usize>, verb: char) -> String {
    let kept = precision.map(|precision| precision.min(DIGITS_MAX));
    let text = kept.map_or_else(|| format!("{value:e}"), |kept| format!("{value:.kept$e}"));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let zeros = "0".repeat(precision.unwrap_or_default() - kept.unwrap_or_default());
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    let letter = if verb.is_uppercase() { 'E' } else { 'e' };
    format!("{mantissa}{zeros}{letter}{sign}{digits:0>2}")
}

/// Without exponent, unless that is below -4 or not below the precision.
fn general(value: f64, precision: Option<usize>, verb: char) -> String {
    let digits = precision.map(|precision| precision.max(1));
    let text = scientific(value, digits.map(|digits| digits - 1), 'e');
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i64 = exponent.parse().unwrap_or_default();
    let limit = digits.map_or(6, |digits| i64::try_from(digits).unwrap_or(i64::MAX));
    if (-4..limit).contains(&exponent) {
        let significant = i64::try_from(mantissa.bytes().filter(u8::is_ascii_digit).count()).unwrap_or(i64::MAX);
        let text = fixed(value, usize::try_from(significant - 1 - exponent).unwrap_or_default());
        return without_trailing_zeros(&text).to_owned();
    }
    let letter = if verb == 'G' { 'E' } else { 'e' };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}{letter}{sign}{:02}", without_trailing_zeros(mantissa), exponent.abs())
}

fn without_trailing_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// The mantissa as a whole number, and the power of two it is multiplied with.
fn binary(value: f64) -> String {
    let bits = value.to_bits();
    let (exponent, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
    let (mantissa, power) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent.cast_signed() - 1075) };
    let sign = if value.is_sign_negative() { "-" } else { "" };
    format!("{sign}{mantissa}p{power:+}")
}
