//! Single templates: what they print, and how they fail.

use std::collections::BTreeMap;

use fluxlift_helm::chart::{Chart, coalesce};
use fluxlift_helm::template::{TemplateError, render_files};
use serde_json::{Value, json};

use crate::chart::{cluster, identity};

fn chart(files: &[(&str, &str)]) -> Chart {
    let mut all: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    all.insert("Chart.yaml".to_owned(), b"apiVersion: v2\nname: x\nversion: 1.2.3\nappVersion: v9\n".to_vec());
    Chart::from_files(all, "the test").unwrap()
}

fn try_render(text: &str, values: &Value) -> Result<String, TemplateError> {
    let helpers = "{{ define \"greet\" }}hello {{ .name }}{{ end }}{{ define \"deep\" }}\n\n  {{ .a.b.c }}{{ end }}\
                   {{ define \"loop\" }}{{ include \"loop\" . }}{{ end }}";
    let chart = chart(&[
        ("templates/_helpers.tpl", helpers),
        ("templates/t.yaml", text),
        ("config/a.txt", "one\ntwo\n"),
        ("config/b.txt", "three"),
    ]);
    let values = coalesce(&chart.values, values);
    Ok(render_files(&chart, &values, &identity(), &cluster())?.remove(0).text)
}

fn shown(text: &str) -> String {
    let values = json!({
        "name": "Ada", "list": ["b", "a", "b"], "map": {"y": 2, "x": 1}, "n": 3, "float": 1.0e7, "zero": 0, "empty": "",
        "nested": {"a": {"b": "deep"}}, "quote": "say \"hi\"\n", "version": "v1.28.3-eks",
    });
    try_render(text, &values).unwrap()
}

#[test]
fn functions_print_what_they_print_in_helm() {
    let cases = [
        ("{{ .Values.missing }}", ""),
        ("{{ .Values.float }} {{ .Values.n }} {{ 1e7 }}", "1e+07 3 1e+07"),
        (
            "{{ .Values.quote | quote }} {{ quote nil 1 true }} {{ squote .Values.n }}",
            r#""say \"hi\"\n" "1" "true" '3'"#,
        ),
        ("{{ include \"greet\" (dict \"name\" \"you\") | upper | indent 2 }}", "  HELLO YOU"),
        (
            "{{ tpl \"{{ .Release.Name }} {{ include \\\"greet\\\" .Values.person }}\" (merge (dict \"Values\" (dict \"person\" (dict \"name\" \"me\"))) .) }}",
            "flux-operator hello me",
        ),
        ("a:{{ .Values.map | toYaml | nindent 2 }}", "a:\n  x: 1\n  \"y\": 2"),
        ("{{ .Values.list | uniq | sortAlpha | join \",\" }} {{ has \"a\" .Values.list }}", "a,b true"),
        ("{{ first .Values.list }} {{ last .Values.list }} {{ rest .Values.list }}", "b b [a b]"),
        (
            "{{ default \"d\" .Values.empty }} {{ default \"d\" .Values.zero }} {{ default \"d\" .Values.name }}",
            "d d Ada",
        ),
        ("{{ ternary \"yes\" \"no\" (eq .Values.n 3) }} {{ coalesce .Values.empty nil \"c\" }}", "yes c"),
        (
            "{{ trunc 2 \"abcd\" }} {{ trunc -2 \"abcd\" }} {{ trimSuffix \"-\" \"a-\" }} {{ replace \"+\" \"_\" \"1+2\" }}",
            "ab cd a 1_2",
        ),
        (
            "{{ kindIs \"map\" .Values.map }} {{ kindOf .Values.list }} {{ kindIs \"string\" .Values.n }}",
            "true slice false",
        ),
        (
            "{{ add 1 2 3 }} {{ div 7 2 }} {{ mod 7 2 }} {{ max 1 5 3 }} {{ int \"0x1f\" }} {{ int 2.9 }} {{ int64 \"7\" }}",
            "6 3 1 5 31 2 7",
        ),
        (
            "{{ b64enc \"abc\" }} {{ \"YWJj\" | b64dec }} {{ sha256sum \"\" | trunc 8 }} {{ adler32sum \"Wikipedia\" }}",
            "YWJj abc e3b0c442 300286872",
        ),
        (
            "{{ toJson .Values.map }} {{ (fromJson `{\"k\":[1]}`).k }} {{ (fromYaml \"a: {b: 1}\").a.b }}",
            r#"{"x":1,"y":2} [1] 1"#,
        ),
        (
            "{{ semverCompare \">=1.28-0\" .Values.version }} {{ semverCompare \"<1.28\" \"1.28.0\" }} {{ (semver \"1.2.3\").Minor }}",
            "true false 2",
        ),
        (
            "{{ regexReplaceAll \"a(b+)\" \"xabbx\" \"${1}-\" }} {{ regexMatch \"^v[0-9]\" .Values.version }}",
            "xbb-x true",
        ),
        (
            "{{ camelcase \"foo_bar\" }} {{ snakecase \"FooBar\" }} {{ kebabcase \"FooBar\" }} {{ title \"ab cd\" }}",
            "FooBar foo_bar foo-bar Ab Cd",
        ),
        (
            "{{ dig \"a\" \"b\" \"none\" .Values.nested }} {{ dig \"a\" \"x\" \"none\" .Values.nested }} {{ hasKey .Values.map \"x\" }}",
            "deep none true",
        ),
        (
            "{{ range $k, $v := .Values.map }}{{ $k }}={{ $v }} {{ end }}{{ range until 3 }}{{ . }}{{ end }}",
            "x=1 y=2 012",
        ),
        (
            "{{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.APIVersions.Has \"apps/v1\" }} {{ if (not (.Capabilities.APIVersions.Has \"x/v1\")) }}no{{ end }}",
            "34 true no",
        ),
        (
            "{{ .Files.Get \"config/b.txt\" }} {{ range .Files.Lines \"config/a.txt\" }}[{{ . }}]{{ end }}",
            "three [one][two]",
        ),
        ("{{ (.Files.Glob \"config/*\").AsConfig }}", "a.txt: |\n  one\n  two\nb.txt: three"),
        ("{{ range $path, $_ := .Files.Glob \"config/*\" }}{{ base $path }} {{ end }}", "a.txt b.txt "),
        (
            "{{ $.Template.BasePath }} {{ .Template.Name }} {{ .Chart.AppVersion }} {{ .Release.IsInstall }}",
            "x/templates x/templates/t.yaml v9 true",
        ),
        (
            "{{ empty (lookup \"v1\" \"Secret\" \"a\" \"b\") }} {{ with (lookup \"v1\" \"Secret\" \"a\" \"b\") }}found{{ else }}none{{ end }}",
            "true none",
        ),
        (
            "{{ required \"must\" .Values.name }} {{ printf \"%s-%d\" .Values.name .Values.n }} {{ print 1 2 \"x\" }}",
            "Ada Ada-3 1 2x",
        ),
        (
            "{{ pick .Values.map \"x\" | toJson }} {{ omit .Values.map \"x\" | toJson }} {{ mergeOverwrite (dict \"a\" 1) (dict \"a\" 2) | toJson }}",
            r#"{"x":1} {"y":2} {"a":2}"#,
        ),
    ];
    for (template, expected) in cases {
        assert_eq!(shown(template), expected, "{template}");
    }
}

#[test]
fn an_unknown_function_is_found_before_anything_runs() {
    let text = "a\n{{ if false }}\n  {{ .Values.x | frobnicate | quote }}\n{{ end }}";
    let error = try_render(text, &json!({})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "x/templates/t.yaml:3:18 calls the function \"frobnicate\", which fluxlift does not have"
    );
    let error = try_render("{{ $x := randAlphaNum 5 }}", &json!({})).unwrap_err();
    assert!(error.to_string().contains("renders the same manifest every time"), "{error}");
    let error = try_render("{{ $_ := set .Values \"a\" 1 }}", &json!({})).unwrap_err();
    assert!(error.to_string().contains("changes a map in place"), "{error}");
}

#[test]
fn an_error_at_run_time_names_template_line_and_column() {
    let fails = |text: &str| try_render(text, &json!({"a": {}, "s": "x"})).unwrap_err().to_string();
    assert_eq!(
        fails("ok\n\n  {{ .Values.a.b.c }}"),
        "x/templates/t.yaml:3:6 failed: nil has no field \"c\": its parent is not set"
    );
    assert_eq!(fails("{{ .Values.s.t }}"), "x/templates/t.yaml:1:4 failed: a string has no field \"t\"");
    assert_eq!(
        fails("{{ include \"deep\" .Values }}"),
        "x/templates/_helpers.tpl:3:6 failed: nil has no field \"c\": its parent is not set"
    );
    assert_eq!(
        fails("{{ if true }}\n{{ include \"greet\" (dict \"name\" 1) | int | trunc 3 }}{{ end }}"),
        "x/templates/t.yaml:2:4 failed: trunc: wants a string as argument 2, got int"
    );
    assert_eq!(
        fails("{{ required \"give me a name\" .Values.name }}"),
        "the chart refused its values at x/templates/t.yaml:1:4: give me a name"
    );
    assert!(fails("{{ include \"nowhere\" . }}").contains("undefined template: nowhere"));
    assert!(
        fails("{{ tpl \"{{ .Values.a.b.c }}\" . }}")
            .starts_with("text given to tpl at x/templates/t.yaml:1:4:1:4 failed")
    );
}

#[test]
fn templates_that_include_themselves_for_ever_end_in_an_error() {
    let error = try_render("{{ include \"loop\" . }}", &json!({})).unwrap_err();
    assert!(error.to_string().contains("more than 48 levels deep"), "{error}");
}

#[test]
fn broken_syntax_is_named_by_its_place() {
    let error = try_render("a\n{{ if }}", &json!({})).unwrap_err();
    assert!(error.to_string().starts_with("x/templates/t.yaml:2:"), "{error}");
}
