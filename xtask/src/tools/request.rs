//! What was asked for on the command line.

use super::catalog::{Binary, RECIPES, Recipe};

/// How to call it.
pub(super) const USAGE: &str = "\
Usage: cargo xtask tools [NAME…] [--require]
       cargo xtask tools --path
       cargo xtask tools --list [-o json]

Builds the named tools, or all but those that are built on demand. A tool that cannot be built is listed by name, and
the others are still built; with --require that is an error.

  --path      prints the folder that holds a link for each tool that is there
  --list      prints which tools there are and which are missing
  --require   exits with 1 if one that was asked for is missing
";

/// A request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    Build { names: Vec<String>, require: bool },
    Path,
    List { json: bool },
    Help,
}

impl Request {
    /// Reads the arguments after `tools`.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let (mut names, mut require, mut path, mut list, mut json, mut help) =
            (Vec::new(), false, false, false, false, false);
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            match argument {
                "--require" => require = true,
                "--path" => path = true,
                "--list" => list = true,
                "-h" | "--help" => help = true,
                "-o" | "--output" => json = output(rest.next().unwrap_or_default())?,
                name if known(name) => names.push(name.to_owned()),
                other => {
                    return Err(format!("{other} is not a tool; there are {}\n\n{USAGE}", every_name().join(", ")));
                }
            }
        }
        match (help, path, list) {
            (true, ..) => Ok(Self::Help),
            (_, true, false) if names.is_empty() && !require && !json => Ok(Self::Path),
            (_, false, true) if names.is_empty() && !require => Ok(Self::List { json }),
            (_, false, false) if !json => Ok(Self::Build { names, require }),
            _ => Err(USAGE.to_owned()),
        }
    }
}

/// What `names` ask for, in the catalog's order; without names, everything but what is on demand.
pub(super) fn wanted(names: &[String]) -> impl Iterator<Item = (&'static Recipe, &'static Binary)> {
    RECIPES.iter().flat_map(move |recipe| {
        recipe.binaries.iter().map(move |binary| (recipe, binary)).filter(move |(recipe, binary)| {
            if names.is_empty() { !recipe.on_demand } else { names.iter().any(|name| name == binary.name) }
        })
    })
}

fn output(format: &str) -> Result<bool, String> {
    match format {
        "json" => Ok(true),
        "text" => Ok(false),
        other => Err(format!("-o is json or text, not {other:?}\n\n{USAGE}")),
    }
}

fn known(name: &str) -> bool {
    every_name().contains(&name)
}

fn every_name() -> Vec<&'static str> {
    RECIPES.iter().flat_map(|recipe| recipe.binaries).map(|binary| binary.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, String> {
        Request::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn names_are_built_and_without_names_all_but_those_on_demand() {
        let Ok(Request::Build { names, require: true }) = parse("tofu etcd --require") else {
            panic!("two names and a flag are a request")
        };
        let named: Vec<&str> = wanted(&names).map(|(_, binary)| binary.name).collect();
        assert_eq!(named, ["etcd", "tofu"]);
        let all: Vec<&str> = wanted(&[]).map(|(_, binary)| binary.name).collect();
        assert!(all.contains(&"helm") && all.contains(&"kube-scheduler") && !all.contains(&"tofu"), "{all:?}");
        assert_eq!(all.len(), 11);
    }

    #[test]
    fn the_questions_are_understood() {
        assert_eq!(parse("--path"), Ok(Request::Path));
        assert_eq!(parse("--list -o json"), Ok(Request::List { json: true }));
        assert_eq!(parse("--list"), Ok(Request::List { json: false }));
        assert_eq!(parse("--help"), Ok(Request::Help));
    }

    #[test]
    fn what_is_not_a_tool_is_refused_with_the_names_of_those_that_are() {
        assert!(parse("kublet").is_err_and(|e| e.contains("kublet is not a tool") && e.contains("kubectl")));
        assert!(parse("--list -o yaml").is_err());
        assert!(parse("--path --list").is_err());
    }
}
