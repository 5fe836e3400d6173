//! What both servers are asked, one step a line.
//!
//! ```text
//! # A comment.
//! let cm = /api/v1/namespaces/$ns/configmaps
//!
//! POST   $cm    {metadata: {name: a}, data: {k: v}}
//! keep   uid    /metadata/uid
//! APPLY  $cm/a?fieldManager=ann  {data: {k: w}}
//! DELETE $cm/a  {preconditions: {uid: $uid}}
//! UNTIL  $cm/a  gone
//! ```
//!
//! The verbs are HTTP's own, the four kinds of patch (`JSON`, `MERGE`, `STRATEGIC`, `APPLY`), `TABLE` and `META` (a GET
//! that wants a table, or metadata alone), `WATCH n` (the first n events) and `UNTIL`, which asks again until something is
//! there. `FORGET` makes the server forget its history. A body is YAML; lines that are indented go on with it. A word
//! with a colon before the path is a header. `$ns` is a namespace of the script's own, and `keep` names a value of the
//! last answer.

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

/// A script: a topic, and its steps in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// What it is about.
    pub topic: String,
    /// What it does.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The step as the list of differences calls it: its topic, its verb and its path, and a number where that is not
    /// enough.
    pub name: String,
    /// Where it stands in its file.
    pub line: usize,
    /// What it does.
    pub act: Act,
}

/// What a step does. Texts may name kept values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Asks something, and compares the answers.
    Ask(Ask),
    /// Reads the first events of a watch.
    Watch {
        /// How many, at most.
        events: usize,
        /// What to watch.
        path: String,
        /// The form in which the objects are wanted.
        accept: Option<String>,
    },
    /// Asks until something is there.
    Until {
        /// What to ask for.
        path: String,
        /// The headers.
        headers: BTreeMap<String, String>,
        /// What has to be there.
        condition: Condition,
    },
    /// Names a value of the last answer.
    Keep {
        /// The name.
        name: String,
        /// Where the value stands.
        place: String,
    },
    /// Makes the server forget what happened so far.
    Forget,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// HTTP's method.
    pub method: &'static str,
    /// The path and the query.
    pub path: String,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body as it is written.
    pub body: String,
}

/// What an object must be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Not there.
    Gone,
    /// There, and at a place something.
    Has(String),
    /// There, and at a place nothing.
    HasNot(String),
    /// There, and at a place this text.
    Is(String, String),
}

/// A script that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{topic}, line {line}: {why}")]
pub struct ScriptError {
    /// Of what script.
    pub topic: String,
    /// Which line.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

const JSON: &str = "application/json";
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const METADATA: &str = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

/// What a verb comes to: HTTP's method, the type of the body, what is accepted.
const VERBS: [(&str, &str, &str, &str); 11] = [
    ("GET", "GET", "", JSON),
    ("TABLE", "GET", "", TABLE),
    ("META", "GET", "", METADATA),
    ("METAS", "GET", "", METADATA_LIST),
    ("POST", "POST", JSON, JSON),
    ("PUT", "PUT", JSON, JSON),
    ("DELETE", "DELETE", JSON, JSON),
    ("JSON", "PATCH", "application/json-patch+json", JSON),
    ("MERGE", "PATCH", "application/merge-patch+json", JSON),
    ("STRATEGIC", "PATCH", "application/strategic-merge-patch+json", JSON),
    ("APPLY", "PATCH", "application/apply-patch+yaml", JSON),
];

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// When a line is none of the language.
    pub fn read(topic: &str, text: &str) -> Result<Self, ScriptError> {
        let mut reader = Reader { topic, words: BTreeMap::new(), names: BTreeMap::new() };
        reader.words.insert("ns".to_owned(), format!("likeness-{topic}"));
        let mut steps = Vec::new();
        for (line, text) in logical_lines(text) {
            let step = reader.line(&text).map_err(|why| ScriptError { topic: topic.to_owned(), line, why })?;
            steps.extend(step.map(|(name, act)| Step { name, line, act }));
        }
        Ok(Self { topic: topic.to_owned(), steps })
    }

    /// How many of the steps are compared.
    pub fn compared(&self) -> usize {
        self.steps.iter().filter(|step| !matches!(step.act, Act::Keep { .. } | Act::Forget)).count()
    }
}

/// Lines with those that go on with them, comments left out.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        match lines.last_mut() {
            Some((_, last)) if line.starts_with(char::is_whitespace) => {
                last.push('\n');
                last.push_str(line);
            }
            _ => lines.push((index + 1, line.trim_end().to_owned())),
        }
    }
    lines
}

struct Reader<'a> {
    topic: &'a str,
    words: BTreeMap<String, String>,
    names: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn line(&mut self, text: &str) -> Result<Option<(String, Act)>, String> {
        let (verb, rest) = word(text);
        match verb {
            "let" => {
                let (name, value) = rest.split_once('=').ok_or("let NAME = VALUE")?;
                let value = filled(value.trim(), &self.words);
                self.words.insert(name.trim().to_owned(), value);
                Ok(None)
            }
            "keep" => {
                let (name, place) = word(rest);
                if !place.starts_with('/') {
                    return Err("keep NAME /PLACE".to_owned());
                }
                Ok(Some((self.name(verb, rest), Act::Keep { name: name.to_owned(), place: place.to_owned() })))
            }
            "FORGET" => Ok(Some((String::new(), Act::Forget))),
            "WATCH" => {
                let (events, rest) = word(rest);
                let (accept, path) = match rest.strip_prefix("accept:").map(word) {
                    Some((accept, path)) => (Some(accept.to_owned()), path),
                    None => (None, rest),
                };
                let name = self.name(verb, path);
                let events = events.parse().map_err(|_| "WATCH HOW-MANY PATH".to_owned())?;
                Ok(Some((name, Act::Watch { events, path: filled(path, &self.words), accept })))
            }
            "UNTIL" => {
                let (headers, asked) = headers(rest);
                let (path, wanted) = word(asked);
                let condition = condition(wanted)?;
                let name = self.name(verb, asked);
                Ok(Some((name, Act::Until { path: filled(path, &self.words), headers, condition })))
            }
            verb => self.ask(verb, rest).map(Some),
        }
    }

    fn ask(&mut self, verb: &str, rest: &str) -> Result<(String, Act), String> {
        let row = VERBS.iter().find(|row| row.0 == verb);
        let (_, method, content, accept) = *row.ok_or_else(|| format!("{verb:?} is no verb of this language"))?;
        let mut headers = BTreeMap::from([("accept".to_owned(), accept.to_owned())]);
        if !content.is_empty() {
            headers.insert("content-type".to_owned(), content.to_owned());
        }
        let (own, rest) = self::headers(rest);
        headers.extend(own);
        let (path, body) = word(rest);
        if !path.starts_with(['/', '$']) {
            return Err(format!("{path:?} is no path"));
        }
        let name = self.name(verb, path);
        let (path, body) = (filled(path, &self.words), filled(body, &self.words));
        // A mistake in a body is told before any server is started.
        as_sent(&body)?;
        Ok((name, Act::Ask(Ask { method, path, headers, body })))
    }

    fn name(&mut self, verb: &str, rest: &str) -> String {
        let name = format!("{}: {verb} {rest}", self.topic);
        let count = self.names.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} ({count})") }
    }
}

/// The headers in front of a path, and what follows them.
fn headers(text: &str) -> (BTreeMap<String, String>, &str) {
    let (mut headers, mut rest) = (BTreeMap::new(), text);
    loop {
        let (first, more) = word(rest);
        match first.split_once(':') {
            Some((header, value)) if !first.starts_with(['/', '$']) => {
                headers.insert(header.to_lowercase(), value.to_owned());
                rest = more;
            }
            _ => return (headers, rest),
        }
    }
}

/// The first word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start_matches(' '))
}

fn condition(text: &str) -> Result<Condition, String> {
    let known = |place: &str| place.starts_with('/').then(|| place.to_owned());
    let read = match text.split_once(" = ") {
        Some((place, wanted)) => known(place).map(|place| Condition::Is(place, wanted.to_owned())),
        None if text == "gone" => Some(Condition::Gone),
        None => match text.strip_prefix("no ") {
            Some(place) => known(place).map(Condition::HasNot),
            None => known(text).map(Condition::Has),
        },
    };
    read.ok_or_else(|| "UNTIL PATH gone, /PLACE, no /PLACE or /PLACE = TEXT".to_owned())
}

/// `text` with every `$name` that is known replaced; others are left as they are.
pub fn filled(text: &str, words: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut parts = text.split('$');
    filled.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_lowercase() && letter != '_').unwrap_or(part.len());
        match words.get(&part[..end]) {
            Some(value) => {
                filled.push_str(value);
                filled.push_str(&part[end..]);
            }
            None => {
                filled.push('$');
                filled.push_str(part);
            }
        }
    }
    filled
}

/// The bytes of a body: YAML becomes JSON, and a quoted text is sent as it is.
///
/// # Errors
/// When it is no YAML.
pub fn as_sent(body: &str) -> Result<String, String> {
    if body.trim().is_empty() {
        return Ok(String::new());
    }
    match serde_saphyr::from_str::<Value>(body).map_err(|error| format!("the body is no YAML: {error}"))? {
        Value::String(text) => Ok(text),
        other => Ok(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Step {
        Script::read("topic", text).unwrap().steps.remove(0)
    }

    #[test]
    fn every_script_of_the_lab_can_be_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/likeness/steps");
        let mut steps = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let topic = path.file_stem().unwrap().to_str().unwrap();
            let script = Script::read(topic, &std::fs::read_to_string(&path).unwrap()).unwrap();
            steps += script.compared();
        }
        assert!(steps > 300, "{steps}");
    }

    fn why(text: &str) -> String {
        Script::read("topic", text).unwrap_err().to_string()
    }

    #[test]
    fn a_request_has_a_verb_headers_a_path_and_a_body() {
        let step = only(
            "let cm = /api/v1/namespaces/$ns/configmaps\nAPPLY Accept:text/plain $cm/a?force=true {data: {k: $v}}",
        );
        assert_eq!((step.name.as_str(), step.line), ("topic: APPLY $cm/a?force=true", 2));
        let Act::Ask(ask) = step.act else { panic!("{:?}", step.act) };
        assert_eq!(
            (ask.method, ask.path.as_str()),
            ("PATCH", "/api/v1/namespaces/likeness-topic/configmaps/a?force=true")
        );
        assert_eq!(ask.headers["accept"], "text/plain");
        assert_eq!(ask.headers["content-type"], "application/apply-patch+yaml");
        assert_eq!(as_sent(&filled(&ask.body, &[("v".into(), "w".into())].into())), Ok(r#"{"data":{"k":"w"}}"#.into()));
    }

    #[test]
    fn indented_lines_go_on_with_the_body() {
        let step = only("POST /api/v1/nodes\n  metadata:\n    name: a\n  # not this\n  spec: {}");
        let Act::Ask(ask) = step.act else { panic!("{:?}", step.act) };
        assert_eq!(as_sent(&ask.body), Ok(r#"{"metadata":{"name":"a"},"spec":{}}"#.into()));
    }

    #[test]
    fn a_quoted_body_is_sent_as_it_is() {
        assert_eq!(as_sent("'{\"broken\": '"), Ok("{\"broken\": ".into()));
    }

    #[test]
    fn steps_with_the_same_words_are_numbered() {
        let script = Script::read("topic", "GET /a\nGET /a\nkeep uid /metadata/uid").unwrap();
        let names: Vec<_> = script.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["topic: GET /a", "topic: GET /a (2)", "topic: keep uid /metadata/uid"]);
        assert_eq!(script.compared(), 2);
    }

    #[test]
    fn watches_and_conditions_are_read() {
        let watch = |accept| Act::Watch { events: 3, path: "/a?watch=true".into(), accept };
        assert_eq!(only("WATCH 3 /a?watch=true").act, watch(None));
        assert_eq!(only("WATCH 3 accept:text/plain /a?watch=true").act, watch(Some("text/plain".into())));
        let until = |text: &str| match only(text).act {
            Act::Until { condition, .. } => condition,
            other => panic!("{other:?}"),
        };
        assert_eq!(until("UNTIL /a gone"), Condition::Gone);
        assert_eq!(until("UNTIL /a /b/c"), Condition::Has("/b/c".into()));
        assert_eq!(until("UNTIL /a no /b"), Condition::HasNot("/b".into()));
        assert_eq!(until("UNTIL /a /b = True"), Condition::Is("/b".into(), "True".into()));
    }

    #[test]
    fn what_is_not_of_the_language_is_told_with_its_line() {
        assert_eq!(why("GET /a\nFETCH /b"), "topic, line 2: \"FETCH\" is no verb of this language");
        assert!(why("POST /a {").contains("no YAML"));
        assert!(why("UNTIL /a soon").contains("UNTIL PATH"));
        assert!(why("GET a").contains("no path"));
    }
}
