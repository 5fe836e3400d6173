//! The README's picture: the lines of a real run, drawn as SVG.

use std::fmt::Write;
use std::fs;
use std::process::Command;

const LINE: f64 = 18.0;
const CHAR: f64 = 7.8;
const MARGIN: f64 = 16.0;

/// How many lines of the beginning, and of the end, a picture shows.
const FIRST: usize = 5;
const LAST: usize = 66;

/// How many characters of a line it shows.
const WIDEST: usize = 112;

/// Runs the demo with a fixed seed and draws what it prints. With `binary`, that one is run; else a release is built.
pub(crate) fn run(binary: Option<&str>) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("fluxlift-picture-{}", std::process::id()));
    let mut command = Command::new(binary.unwrap_or(env!("CARGO")));
    if binary.is_none() {
        command.args(["run", "--quiet", "--release", "--package", "fluxlift", "--"]);
    }
    let output = command
        .args(["demo", "--seed", "101", "--dir"])
        .arg(&folder)
        .env("CLICOLOR_FORCE", "1")
        .env("CI", "true")
        .output()
        .map_err(|e| format!("the demo cannot be started: {e}"))?;
    // The folder is ours, and its loss would cost nothing.
    let _ = fs::remove_dir_all(&folder);
    if !output.status.success() {
        return Err(format!("the demo failed:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    let text = format!(
        "$ fluxlift demo\n{}\n{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    let text = excerpt(&text.replace(&folder.display().to_string(), "demo"));
    fs::write("docs/run.svg", draw(&text)).map_err(|e| format!("docs/run.svg cannot be written: {e}"))?;
    println!("drew docs/run.svg");
    Ok(())
}

/// The beginning and the end of a run, which is what fits into a picture.
fn excerpt(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    if lines.len() <= FIRST + LAST {
        return lines.join("\n");
    }
    let mut kept = lines[..FIRST].to_vec();
    kept.push("           …");
    kept.extend(&lines[lines.len() - LAST..]);
    kept.join("\n")
}

/// Terminal text with its colours, as a self-contained SVG.
fn draw(text: &str) -> String {
    let lines: Vec<Vec<Span>> = text.trim_end().lines().map(spans).collect();
    let columns = lines.iter().map(|line| line.iter().map(|s| s.text.chars().count()).sum()).max().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "a picture has a few hundred lines and columns")]
    let (width, height) = (columns as f64 * CHAR + 2.0 * MARGIN, lines.len() as f64 * LINE + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,monospace\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#11151c\"/>\n"
    );
    for (row, line) in lines.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        let y = MARGIN + (row as f64 + 0.75) * LINE;
        let _ = write!(svg, "<text x=\"{MARGIN}\" y=\"{y:.1}\" xml:space=\"preserve\">");
        for span in line {
            let weight = if span.bold { " font-weight=\"bold\"" } else { "" };
            let _ = write!(svg, "<tspan fill=\"{}\"{weight}>{}</tspan>", span.colour, escaped(&span.text));
        }
        svg.push_str("</text>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// Text of one look.
#[derive(Debug, PartialEq)]
struct Span {
    text: String,
    colour: &'static str,
    bold: bool,
}

const PLAIN: &str = "#d6dbe3";

/// A line cut at its colour codes (`ESC [ … m`).
fn spans(line: &str) -> Vec<Span> {
    let (mut found, mut colour, mut bold) = (Vec::new(), PLAIN, false);
    for (i, part) in line.split("\u{1b}[").enumerate() {
        let text = match part.split_once('m') {
            Some((codes, rest)) if i > 0 => {
                for code in codes.split(';') {
                    match code {
                        "1" => bold = true,
                        "2" => colour = "#7d8796",
                        "31" => colour = "#ff7b72",
                        "32" => colour = "#7ee787",
                        "33" => colour = "#f2cc60",
                        "36" => colour = "#79c0ff",
                        _ => (colour, bold) = (PLAIN, false),
                    }
                }
                rest
            }
            _ => part,
        };
        if !text.is_empty() {
            found.push(Span { text: text.to_owned(), colour, bold });
        }
    }
    cut(found)
}

/// A line of at most [`WIDEST`] characters, with an ellipsis where more was said.
fn cut(spans: Vec<Span>) -> Vec<Span> {
    let mut left = WIDEST;
    let mut kept = Vec::new();
    for mut span in spans {
        let length = span.text.chars().count();
        if length > left {
            span.text = span.text.chars().take(left).chain(['…']).collect();
            kept.push(span);
            break;
        }
        left -= length;
        kept.push(span);
    }
    kept
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_codes_become_spans() {
        let found = spans("\u{1b}[1m\u{1b}[32m  Proven\u{1b}[0m  x < y");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].text.as_str(), found[0].colour, found[0].bold), ("  Proven", "#7ee787", true));
        assert_eq!((found[1].text.as_str(), found[1].colour, found[1].bold), ("  x < y", PLAIN, false));
    }

    #[test]
    fn a_long_line_is_cut_and_a_long_run_shows_its_ends() {
        assert_eq!(spans(&"x".repeat(WIDEST + 5))[0].text.chars().count(), WIDEST + 1);
        let run: Vec<String> = (0..200).map(|n| n.to_string()).collect();
        let shown = excerpt(&run.join("\n"));
        assert!(shown.starts_with("0\n1\n") && shown.contains('…') && shown.ends_with("\n199"), "{shown}");
    }

    #[test]
    fn text_is_escaped_for_svg() {
        assert!(draw("a < b & c").contains("a &lt; b &amp; c"));
    }
}
