//! Constraints such as `2.x`, `>=1.28.0-0 <2` or `^1.2 || ~3.4`, by the rules that Helm uses.

use std::cmp::Ordering;
use std::fmt;

use semver::{Prerelease, Version};
use thiserror::Error;

/// Text that is not a version constraint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{given:?} is not a version or a version constraint")]
pub struct ConstraintError {
    /// What was given.
    pub given: String,
}

/// What a version must satisfy: one of several lists of bounds.
///
/// A pre-release satisfies only bounds that name a pre-release themselves, such as `>=1.2.0-0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    given: String,
    any_of: Vec<Vec<Bound>>,
}

/// A lower or upper bound, or an exclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    test: Test,
    version: Version,
    /// Whether a pre-release may satisfy it.
    pre: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Not,
}

/// A version of which the last numbers may be missing or `x`.
struct Partial {
    numbers: Vec<u64>,
    pre: Prerelease,
}

impl Constraint {
    /// Reads a constraint. `,` and space mean *and*, `||` means *or*; operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, `~`,
    /// `^` and the range `1.2 - 3.4`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(given: &str) -> Result<Self, ConstraintError> {
        let error = || ConstraintError { given: given.to_owned() };
        let any_of = given.split("||").map(|part| all_of(part).ok_or_else(error)).collect::<Result<_, _>>()?;
        Ok(Self { given: given.to_owned(), any_of })
    }

    /// Whether `version` satisfies it.
    pub fn allows(&self, version: &Version) -> bool {
        self.any_of.iter().any(|bounds| bounds.iter().all(|bound| bound.allows(version)))
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}

impl Bound {
    fn allows(&self, version: &Version) -> bool {
        if !version.pre.is_empty() && !self.pre {
            return false;
        }
        let order = version.cmp_precedence(&self.version);
        match self.test {
            Test::Less => order == Ordering::Less,
            Test::LessOrEqual => order != Ordering::Greater,
            Test::Greater => order == Ordering::Greater,
            Test::GreaterOrEqual => order != Ordering::Less,
            Test::Not => order != Ordering::Equal,
        }
    }
}

/// A version with a leading `v` or missing numbers forgiven.
pub fn parse_loose(given: &str) -> Option<Version> {
    let bare = given.trim().trim_start_matches('v');
    if let Ok(version) = Version::parse(bare) {
        return Some(version);
    }
    let (core, rest) = bare.find(['-', '+']).map_or((bare, ""), |at| bare.split_at(at));
    let mut core = core.to_owned();
    while core.matches('.').count() < 2 {
        core.push_str(".0");
    }
    Version::parse(&format!("{core}{rest}")).ok()
}

fn all_of(part: &str) -> Option<Vec<Bound>> {
    let words: Vec<&str> = part.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let mut bounds = Vec::new();
    let mut rest = words.as_slice();
    while let Some((&word, after)) = rest.split_first() {
        rest = after;
        if let [dash, to, after @ ..] = rest
            && *dash == "-"
        {
            bounds.extend(bounds_of(">=", word)?);
            bounds.extend(bounds_of("<=", to)?);
            rest = after;
            continue;
        }
        let at = word.find(|c: char| !"=!<>~^".contains(c)).unwrap_or(word.len());
        let (operator, version) = word.split_at(at);
        if version.is_empty() {
            let (&version, after) = rest.split_first()?;
            bounds.extend(bounds_of(operator, version)?);
            rest = after;
        } else {
            bounds.extend(bounds_of(operator, version)?);
        }
    }
    if words.is_empty() { None } else { Some(bounds) }
}

fn bounds_of(operator: &str, version: &str) -> Option<Vec<Bound>> {
    let partial = Partial::parse(version)?;
    let whole = partial.numbers.len() == 3;
    let bound = |test, version| Bound { test, version, pre: !partial.pre.is_empty() };
    let low = partial.low();
    let within = |digits: usize| {
        let mut bounds = vec![bound(Test::GreaterOrEqual, low.clone())];
        bounds.extend(partial.above(digits).map(|top| bound(Test::Less, top)));
        bounds
    };
    let given = partial.numbers.len();
    Some(match operator {
        "" | "=" | "==" if whole => vec![bound(Test::GreaterOrEqual, low.clone()), bound(Test::LessOrEqual, low)],
        "" | "=" | "==" => within(given),
        "!=" => vec![bound(Test::Not, low)],
        "<" => vec![bound(Test::Less, low)],
        ">=" | "=>" => vec![bound(Test::GreaterOrEqual, low)],
        ">" if whole || given == 0 => vec![bound(Test::Greater, low)],
        ">" => partial.above(given).map(|top| bound(Test::GreaterOrEqual, top)).into_iter().collect(),
        "<=" | "=<" if whole => vec![bound(Test::LessOrEqual, low)],
        "<=" | "=<" => partial.above(given).map(|top| bound(Test::Less, top)).into_iter().collect(),
        "~" | "~>" => within(given.min(2)),
        "^" => {
            let leading = partial.numbers.iter().position(|&n| n != 0).map_or(given, |zeros| zeros + 1);
            within(leading.min(given))
        }
        _ => return None,
    })
}

impl Partial {
    fn parse(given: &str) -> Option<Self> {
        let bare = given.trim_start_matches('v');
        let bare = bare.split('+').next().unwrap_or(bare);
        let (core, pre) = bare.split_once('-').unwrap_or((bare, ""));
        let mut numbers = Vec::new();
        let mut open = false;
        for part in core.split('.') {
            if matches!(part, "x" | "X" | "*") {
                open = true;
            } else if open {
                return None;
            } else {
                numbers.push(part.parse().ok()?);
            }
        }
        if numbers.len() > 3 {
            return None;
        }
        Some(Self { numbers, pre: Prerelease::new(pre).ok()? })
    }

    /// The lowest version that it names.
    fn low(&self) -> Version {
        let number = |i: usize| self.numbers.get(i).copied().unwrap_or(0);
        let mut version = Version::new(number(0), number(1), number(2));
        version.pre = self.pre.clone();
        version
    }

    /// The first version that differs from it in its first `digits` numbers; `None` when nothing is above.
    fn above(&self, digits: usize) -> Option<Version> {
        let number = |i: usize| self.numbers.get(i).copied().unwrap_or(0);
        Some(match digits {
            0 => return None,
            1 => Version::new(number(0) + 1, 0, 0),
            2 => Version::new(number(0), number(1) + 1, 0),
            _ => Version::new(number(0), number(1), number(2) + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(constraint: &str, versions: &[&str]) -> Vec<String> {
        let constraint = Constraint::parse(constraint).unwrap();
        let parse = |v: &&&str| constraint.allows(&parse_loose(v).unwrap());
        versions.iter().filter(parse).map(ToString::to_string).collect()
    }

    #[test]
    fn constraints_mean_what_they_mean_to_helm() {
        let all = ["0.9.1", "1.2.3", "1.2.9", "1.3.0", "2.0.0", "2.4.0", "2.5.0-rc.1", "3.0.0"];
        let check = |constraint, expected: &[&str]| assert_eq!(allowed(constraint, &all), expected, "{constraint}");
        check("2.x", &["2.0.0", "2.4.0"]);
        check("*", &["0.9.1", "1.2.3", "1.2.9", "1.3.0", "2.0.0", "2.4.0", "3.0.0"]);
        check("1.2", &["1.2.3", "1.2.9"]);
        check("~1.2.3", &["1.2.3", "1.2.9"]);
        check("^1.2.3", &["1.2.3", "1.2.9", "1.3.0"]);
        check("^0.9", &["0.9.1"]);
        check(">=1.3, <3", &["1.3.0", "2.0.0", "2.4.0"]);
        check(">=2.4.0-0", &["2.4.0", "2.5.0-rc.1", "3.0.0"]);
        check("1.2.3 - 2.0", &["1.2.3", "1.2.9", "1.3.0", "2.0.0"]);
        check("= 1.2.3 || >2.x", &["1.2.3", "3.0.0"]);
        check("!=1.2.3 <=1.3", &["0.9.1", "1.2.9", "1.3.0"]);
        assert!(Constraint::parse("latest").is_err());
        assert!(Constraint::parse("").is_err());
    }
}
