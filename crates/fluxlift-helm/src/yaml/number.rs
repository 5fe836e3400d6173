//! Numbers as Go prints them.

use serde_json::Number;

/// 2^63: from minus this up to twice this, whole numbers are integers to YAML.
const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;

/// A JSON number as it appears in YAML that went through Go's JSON.
pub fn json_number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => {
            // Go's JSON writes whole doubles without a fraction, so YAML reads them as integers where they fit.
            let whole = float.fract() == 0.0 && (-TWO_TO_63..2.0 * TWO_TO_63).contains(&float);
            if whole { format!("{float:.0}") } else { general(float) }
        }
        _ => number.to_string(),
    }
}

/// A double by Go's `%v`: the shortest digits, with an exponent from a million on and below a ten-thousandth.
pub fn general(float: f64) -> String {
    if !float.is_finite() {
        return if float.is_nan() {
            "NaN"
        } else if float > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        }
        .to_owned();
    }
    let (mantissa, exponent) = scientific(float);
    if float == 0.0 || (-4..6).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// A double by Go's JSON: plain between a millionth and 21 digits, else with an exponent that has no leading zero.
pub fn json(float: f64) -> String {
    if float == 0.0 || (1e-6..1e21).contains(&float.abs()) {
        return format!("{float}");
    }
    let (mantissa, exponent) = scientific(float);
    format!("{mantissa}e{exponent:+}")
}

fn scientific(float: f64) -> (String, i32) {
    let text = format!("{float:e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa.to_owned(), exponent.parse().unwrap_or(0)),
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_go_prints_them() {
        let all = [0.0, 0.1, 1.5, 999_999.5, 1e6, 1e7, 1_234_567.5, 1e-4, 1e-5, -2.5e-10].map(general);
        let go = ["0", "0.1", "1.5", "999999.5", "1e+06", "1e+07", "1.2345675e+06", "0.0001", "1e-05", "-2.5e-10"];
        assert_eq!(all, go);
        assert_eq!([1e7, 1e21, 1e-7, 0.5].map(json), ["10000000", "1e+21", "1e-7", "0.5"]);
    }
}
