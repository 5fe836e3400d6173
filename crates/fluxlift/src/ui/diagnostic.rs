//! A message about a place in a file, with the snippet drawn.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use fluxlift_core::Diagnostic;

use super::style::{BUSY, paint};

/// Draws `diagnostic`: message, `file:line:col`, the marked source lines, the hints.
pub(super) fn draw(diagnostic: &Diagnostic) -> String {
    let path = diagnostic.location.file.display().to_string();
    let end = diagnostic.span.end.min(diagnostic.source.len());
    let span = diagnostic.span.start.min(end)..end;
    let mut mark = AnnotationKind::Primary.span(span);
    if let Some(label) = &diagnostic.label {
        mark = mark.label(label.as_str());
    }
    let snippet = Snippet::source(&*diagnostic.source).path(path.as_str()).annotation(mark);
    let report = [Level::ERROR.primary_title(diagnostic.message.as_str()).element(snippet)];
    let mut text = Renderer::styled().render(&report).to_string();
    for hint in &diagnostic.hints {
        text.push_str(&format!("\n  {} {hint}", paint(BUSY, "hint:")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluxlift_core::{Hint, Location};
    use std::path::Path;

    #[test]
    fn a_diagnostic_shows_file_line_column_snippet_and_hint() {
        let source = "locals {\n  a = nope()\n}\n";
        let start = source.find("nope").unwrap();
        let diagnostic = Diagnostic {
            message: "there is no function called nope".into(),
            location: Location::of_offset(Path::new("cluster.hcl"), source, start),
            span: start..start + 4,
            source: source.into(),
            label: Some("not a function".into()),
            hints: vec![Hint::new("check the spelling")],
        };
        insta::assert_snapshot!(anstream::adapter::strip_str(&draw(&diagnostic)).to_string(), @r"
        error: there is no function called nope
         --> cluster.hcl:2:7
          |
        2 |   a = nope()
          |       ^^^^ not a function
          hint: check the spelling
        ");
    }
}
