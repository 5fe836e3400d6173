//! Expressions and functions, as inputs of a unit.

use fluxlift_config::NoOutputs;
use fluxlift_core::Value;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Scratch, unit};

/// The value of `expression`.
fn value(expression: &str) -> Value {
    let text = format!("inputs = {{\n  it = {expression}\n}}\n");
    match Scratch::evaluate(&text) {
        Ok(mut evaluated) => evaluated.inputs.remove("it").unwrap(),
        Err(error) => panic!("{expression}: {}", crate::support::shown(&error)),
    }
}

fn check(cases: &[(&str, serde_json::Value)]) {
    for (expression, expected) in cases {
        assert_eq!(value(expression).reveal(), *expected, "{expression}");
    }
}

#[test]
fn operators_convert_as_hcl_does() {
    check(&[
        ("\"5\" + 1", json!(6)),
        ("7 / 2", json!(3.5)),
        ("-7 % 3", json!(-1)),
        ("2 * 3 + 4", json!(10)),
        ("\"1\" == 1", json!(false)),
        ("{ a = [1] } == { a = [1] }", json!(true)),
        ("\"true\" && !false", json!(true)),
        ("1 < \"2\"", json!(true)),
        ("9007199254740993 + 0", json!(9_007_199_254_740_993_i64)),
        ("-(3)", json!(-3)),
    ]);
}

/// What an expression comes to when a dependency has no outputs yet: `unknown` stands for one of them.
fn with_unknown(expression: &str) -> Result<Value, String> {
    let expression = expression.replace("unknown", "dependency.a.outputs.x");
    let file = format!("dependency \"a\" {{\n  config_path = \"../a\"\n}}\ninputs = {{\n  it = {expression}\n}}\n");
    let scratch = Scratch::new(&[("live/a/terragrunt.hcl", ""), ("live/b/terragrunt.hcl", &file)]);
    let evaluated = scratch.load("live").unwrap().inputs(&unit("b"), "plan", &NoOutputs);
    evaluated.map(|mut evaluated| evaluated.inputs.remove("it").unwrap()).map_err(|error| error.to_string())
}

#[test]
fn one_side_of_a_logical_operator_decides_alone_whichever_it_is() {
    let (yes, no) = (Value::Bool(true), Value::Bool(false));
    for (expression, expected) in [
        ("false && unknown", &no),
        ("unknown && false", &no),
        ("true || unknown", &yes),
        ("unknown || true", &yes),
        ("false && [][0]", &no),
        ("[][0] && false", &no),
        ("true || {}.a", &yes),
        ("{}.a || true", &yes),
        ("try(false && {}.a, \"x\")", &no),
        ("true && unknown", &Value::Unknown),
        ("unknown || false", &Value::Unknown),
        ("unknown && {}.a", &Value::Unknown),
        ("{ a = 1 } == null || false", &no),
    ] {
        assert_eq!(with_unknown(expression).as_ref(), Ok(expected), "{expression}");
    }
    assert!(with_unknown("sensitive(false) && {}.a").unwrap().has_sensitive());
    for (expression, words) in [
        ("true && {}.a", "the object has no member `a`"),
        ("{}.a && true", "the object has no member `a`"),
        ("{}.a && unknown", "the object has no member `a`"),
        ("false && [1]", "a bool is needed here, this is a list"),
        ("false && get_aws_account_id()", "is not supported yet, here"),
        ("false || upercase(\"x\")", "there is no function `upercase`"),
    ] {
        let error = with_unknown(expression).unwrap_err();
        assert!(error.contains(words), "{expression}: {error}");
    }
}

#[test]
fn conditionals_evaluate_both_sides_and_find_one_type() {
    check(&[
        ("false ? \"a\" : 1", json!("1")),
        ("true ? 1 : nope.nope", json!(1)),
        ("true ? null : \"x\"", json!(null)),
        ("true ? [] : [\"a\"]", json!([])),
        ("false ? { a = 1 } : { b = \"x\", c = true }", json!({ "b": "x", "c": "true" })),
        ("true ? [1, \"a\"] : [\"b\", 2]", json!(["1", "a"])),
    ]);
}

#[test]
fn templates_join_trim_and_loop() {
    check(&[
        ("\"${true}\"", json!(true)),
        ("\"a-${1 + 1}-$${b}\\n\"", json!("a-2-${b}\n")),
        ("\"%{ if 1 == 1 }yes\\t%{ else }no%{ endif }\"", json!("yes\t")),
        ("\"%{ for x in [1, 2] }<${x}>%{ endfor }\"", json!("<1><2>")),
        ("\"%{ for k, v in { b = 2, a = 1 } }${k}=${v};%{ endfor }\"", json!("a=1;b=2;")),
        ("\"a  ${~ \"b\" ~}  c\"", json!("abc")),
        (
            "<<EOT\nhost $${x} \\n \"q\"\n%{ for i in [1, 2] ~}\n- ${i}\n%{ endfor ~}\nend\nEOT\n",
            json!("host ${x} \\n \"q\"\n- 1\n- 2\nend\n"),
        ),
        ("<<-EOT\n    a\n      b\n\n    c\n    EOT\n", json!("a\n  b\n\nc\n")),
        ("<<-EOT\n    %{ if true }\n    a\n    %{ endif }\n    EOT\n", json!("\na\n\n")),
        ("[<<-EOT\n    $(echo \"{\") ${1}\n  EOT\n  , \"x\"]", json!(["$(echo \"{\") 1\n", "x"])),
    ]);
}

#[test]
fn for_expressions_build_lists_and_objects() {
    check(&[
        ("[for i, x in [\"a\", \"b\"] : \"${i}${x}\"]", json!(["0a", "1b"])),
        ("[for k, v in { b = 2, a = 1 } : k]", json!(["a", "b"])),
        ("{ for x in [1, 2, 3] : \"k${x}\" => x * 2 if x != 2 }", json!({ "k1": 2, "k3": 6 })),
        ("{ for x in [\"aa\", \"ab\", \"b\"] : substr(x, 0, 1) => x... }", json!({ "a": ["aa", "ab"], "b": ["b"] })),
        ("{\n for x in [1] :\n \"k\"\n => [for y in [x] : x + y]\n}", json!({ "k": [2] })),
    ]);
}

#[test]
fn members_indexes_and_splats() {
    check(&[
        ("{ a = { b = [1, 2] } }.a.b[1]", json!(2)),
        ("{ \"x-1\" = 5 }[\"x-${1}\"]", json!(5)),
        ("[{ a = 1 }, { a = 2 }][*].a", json!([1, 2])),
        ("[{ a = [1] }, { a = [2] }].*.a[0]", json!([1])),
        ("[{ a = [1] }, { a = [2] }][*].a[0]", json!([1, 2])),
        ("{ (lower(\"K\")) = 1, k = 2, }", json!({ "k": 2 })),
        ("{ a = 1, a = 2 }", json!({ "a": 2 })),
        ("try({}.a, [][0], \"default\")", json!("default")),
        ("can({}.a)", json!(false)),
        ("max([1, 5, 3]...)", json!(5)),
    ]);
}

#[test]
fn texts_and_numbers() {
    check(&[
        (
            "format(\"%s-%03d|%-4s|%5.1f|%q|%v|%%|%x\", \"a\", 7, \"b\", 2.25, \"q\", [1], 255)",
            json!("a-007|b   |  2.2|\"q\"|[1]|%|ff"),
        ),
        ("formatlist(\"%s=%d\", [\"a\", \"b\"], [1, 2])", json!(["a=1", "b=2"])),
        ("format(\"%[2]s %[1]s\", \"a\", \"b\")", json!("b a")),
        ("join(\",\", [\"a\", 1], [\"b\"])", json!("a,1,b")),
        ("split(\",\", \"a,b\")", json!(["a", "b"])),
        ("replace(\"a.b.c\", \".\", \"-\")", json!("a-b-c")),
        ("replace(\"abc\", \"/(b)/\", \"<$1>\")", json!("a<b>c")),
        ("regex(\"([a-z]+)-(\\\\d+)\", \"x-12\")", json!(["x", "12"])),
        ("regex(\"(?P<n>\\\\d+)\", \"x12\")", json!({ "n": "12" })),
        ("regexall(\"[a-z]\", \"a1b\")", json!(["a", "b"])),
        ("title(\"hello big-world\")", json!("Hello Big-World")),
        ("indent(2, \"a\\nb\")", json!("a\n  b")),
        ("can(indent(9223372036854775807, \"a\\nb\"))", json!(false)),
        ("trimsuffix(trimprefix(\"v1.2.git\", \"v\"), \".git\")", json!("1.2")),
        (
            "[upper(\"a\"), lower(\"B\"), trimspace(\" c \"), chomp(\"d\\n\"), trim(\"?e?\", \"?\"), strrev(\"ab\")]",
            json!(["A", "b", "c", "d", "e", "ba"]),
        ),
        (
            "[startswith(\"abc\", \"a\"), endswith(\"abc\", \"c\"), strcontains(\"abc\", \"x\")]",
            json!([true, true, false]),
        ),
        (
            "[ceil(1.2), floor(1.8), abs(-2), signum(-3), pow(2, 10), parseint(\"ff\", 16), min(2, 1), log(8, 2)]",
            json!([2, 1, 2, -1, 1024, 255, 1, 3]),
        ),
    ]);
}

#[test]
fn collections() {
    check(&[
        ("merge({ a = 1, b = 1 }, null, { b = 2 })", json!({ "a": 1, "b": 2 })),
        ("concat([1], [], [2])", json!([1, 2])),
        ("flatten([[1, [2]], 3])", json!([1, 2, 3])),
        ("[length([1]), length(\"äb\"), length({})]", json!([1, 2, 0])),
        ("[keys({ b = 1, a = 2 }), values({ b = 1, a = 2 })]", json!([["a", "b"], [2, 1]])),
        ("[lookup({ a = 1 }, \"a\"), lookup({}, \"b\", 2)]", json!([1, 2])),
        ("[element([1, 2, 3], 4), element([1, 2], -1)]", json!([2, 2])),
        ("[range(3), range(1, 7, 2), range(2, 0)]", json!([[0, 1, 2], [1, 3, 5], [2, 1]])),
        ("sort([\"b\", \"a\"])", json!(["a", "b"])),
        ("distinct([1, 2, 1])", json!([1, 2])),
        ("toset([\"b\", \"a\", \"b\"])", json!(["a", "b"])),
        ("[contains([1, 2], 2), index([\"a\", \"b\"], \"b\"), compact([\"\", \"a\", null])]", json!([true, 1, ["a"]])),
        ("[coalesce(null, \"\", \"x\"), coalescelist([], [1])]", json!(["x", [1]])),
        ("zipmap([\"a\", \"b\"], [1, 2])", json!({ "a": 1, "b": 2 })),
        ("transpose({ a = [\"x\", \"y\"], b = [\"x\"] })", json!({ "x": ["a", "b"], "y": ["a"] })),
        ("setproduct([1, 2], [\"a\"])", json!([[1, "a"], [2, "a"]])),
        ("[setunion([1], [2, 1]), setintersection([1, 2], [2]), setsubtract([1, 2], [2])]", json!([[1, 2], [2], [1]])),
        ("chunklist([1, 2, 3], 2)", json!([[1, 2], [3]])),
        ("[slice([1, 2, 3], 1, 3), reverse([1, 2]), sum([1, 2.5])]", json!([[2, 3], [2, 1], 3.5])),
        ("[one([]), one([1]), alltrue([true, \"true\"]), anytrue([])]", json!([null, 1, true, false])),
        ("matchkeys([\"a\", \"b\"], [1, 2], [2])", json!(["b"])),
    ]);
}

#[test]
fn encodings_and_hashes() {
    check(&[
        ("jsonencode({ b = [1, null], a = \"<&>\" })", json!(r#"{"a":"\u003c\u0026\u003e","b":[1,null]}"#)),
        ("jsondecode(\"{\\\"a\\\": [1, 2.5]}\")", json!({ "a": [1, 2.5] })),
        (
            "yamldecode(\"a: [1, yes, true, 'x']\\nb:\\n  - c: null\\n\")",
            json!({ "a": [1, "yes", true, "x"], "b": [{ "c": null }] }),
        ),
        (
            "yamlencode({ b = [1, { c = \"d\", e = [] }], a = \"x: y\" })",
            json!("\"a\": \"x: y\"\n\"b\":\n- 1\n- \"c\": \"d\"\n  \"e\": []\n"),
        ),
        ("base64decode(base64encode(\"häl\"))", json!("häl")),
        ("urlencode(\"a b&ü\")", json!("a+b%26%C3%BC")),
        ("csvdecode(\"a,b\\n1,\\\"x,y\\\"\\n\")", json!([{ "a": "1", "b": "x,y" }])),
        ("sha256(\"\")", json!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
        ("base64sha256(\"\")", json!("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")),
    ]);
}

#[test]
fn addresses() {
    check(&[
        ("cidrhost(\"127.101.0.0/24\", 11)", json!("127.101.0.11")),
        ("cidrhost(\"10.0.0.0/8\", -2)", json!("10.255.255.254")),
        ("cidrhost(\"fd00:101::/64\", 17)", json!("fd00:101::11")),
        ("cidrhost(\"::/0\", 1)", json!("::1")),
        ("cidrhost(\"::/0\", -1)", json!("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
        ("cidrhost(\"fd00::1/128\", 0)", json!("fd00::1")),
        ("cidrhost(\"8000::/0\", 0)", json!("::")),
        ("cidrsubnet(\"ffff::1/0\", 0, 0)", json!("::/0")),
        ("cidrsubnets(\"::/0\", 0)", json!(["::/0"])),
        ("cidrsubnets(\"::/0\", 1, 1)", json!(["::/1", "8000::/1"])),
        ("cidrsubnets(\"0.0.0.0/0\", 1, 1)", json!(["0.0.0.0/1", "128.0.0.0/1"])),
        ("can(cidrsubnets(\"::/0\", 1, 1, 1))", json!(false)),
        ("can(cidrsubnets(\"::/0\", 0, 0))", json!(false)),
        ("can(cidrsubnets(\"0.0.0.0/0\", 1, 1, 1))", json!(false)),
        ("can(cidrhost(\"10.0.0.0/30\", 4))", json!(false)),
        ("can(cidrhost(\"10.0.0.0/30\", -5))", json!(false)),
        ("substr(\"abc\", 1, 9223372036854775807)", json!("bc")),
        ("can(substr(\"abc\", -9223372036854775807, 1))", json!(false)),
        ("cidrnetmask(\"172.16.0.0/12\")", json!("255.240.0.0")),
        ("cidrsubnet(\"172.16.0.0/12\", 4, 2)", json!("172.18.0.0/16")),
        ("cidrsubnet(\"fd00::/56\", 8, 255)", json!("fd00:0:0:ff::/64")),
        (
            "cidrsubnets(\"10.1.0.0/16\", 4, 4, 8, 4)",
            json!(["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/24", "10.1.48.0/20"]),
        ),
    ]);
}

#[test]
fn times() {
    check(&[
        ("timestamp()", json!("2026-03-01T12:30:05Z")),
        ("formatdate(\"DD MMM YYYY hh:mm ZZZ 'o''clock'\", timestamp())", json!("01 Mar 2026 12:30 UTC o'clock")),
        ("formatdate(\"EEEE, D-M-YY H:m AA Z\", \"2026-03-01T15:04:05+02:00\")", json!("Sunday, 1-3-26 3:4 PM +02:00")),
        ("timeadd(\"2026-03-01T00:00:00Z\", \"-1h30m\")", json!("2026-02-28T22:30:00Z")),
        ("timecmp(\"2026-03-01T00:00:00Z\", \"2026-03-01T01:00:00+01:00\")", json!(0)),
    ]);
}

#[test]
fn the_environment_is_the_injected_one() {
    check(&[
        ("get_env(\"NAME\")", json!("value")),
        ("get_env(\"EMPTY\", \"default\")", json!("")),
        ("get_env(\"NOT_SET\", \"default\")", json!("default")),
        ("try(get_env(\"NOT_SET\"), \"none\")", json!("none")),
        ("can(run_cmd(\"true\"))", json!(false)),
    ]);
}

#[test]
fn the_sensitive_mark_survives_whatever_is_done() {
    for expression in [
        "\"x-${sensitive(\"s\")}\"",
        "upper(sensitive(\"s\"))",
        "jsonencode({ a = sensitive(\"s\") })",
        "yamldecode(sensitive(\"token: s\")).token",
        "[for x in sensitive([\"s\"]) : x]",
        "sensitive({ a = \"s\" }).a",
        "sensitive(true) ? \"s\" : \"t\"",
        "sensitive(1) + 1",
        "\"%{ if sensitive(true) }s%{ endif }\"",
        "values({ a = sensitive(\"s\") })[0]",
        "merge({ a = sensitive(\"s\") }, {}).a",
        "try(sensitive(\"s\"), 1)",
        "{ a = sensitive(\"s\") }[\"a\"]",
        "{ s = 1 }[sensitive(\"s\")]",
        "format(\"%s\", sensitive(\"s\"))",
        "flatten([sensitive([\"s\"])])[0]",
        "element(tolist([sensitive(\"s\"), \"t\"]), 0)",
        "{ (sensitive(\"k\")) = 1 }",
        "split(\",\", sensitive(\"s,t\"))[0]",
        "[sensitive(\"s\")][*]",
    ] {
        assert!(value(expression).has_sensitive(), "{expression}");
    }
    assert!(!value("nonsensitive(sensitive(\"s\"))").has_sensitive());
    assert!(!value("merge({ a = sensitive(\"s\") }, { b = 1 }).b").has_sensitive());
    assert_eq!(value("[issensitive(sensitive(1)), issensitive(1)]").reveal(), json!([true, false]));
}

/// A value as an HCL literal.
fn literal(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(s) => {
            serde_json::Value::from(s.as_str()).to_string().replace("${", "$${").replace("%{", "%%{")
        }
        serde_json::Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        serde_json::Value::Object(map) => {
            let entries = map.iter().map(|(k, v)| format!("{} = {}", literal(&json!(k)), literal(v)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i32>().prop_map(|i| json!(i)),
        "[ -~äß\\n\\t]{0,12}".prop_map(|s| json!(s)),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| json!(v)),
            prop::collection::btree_map("[a-z$%{}]{0,5}", inner, 0..4).prop_map(|m| json!(m)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn json_and_yaml_read_back_what_they_wrote(json in any_json()) {
        let literal = literal(&json);
        prop_assert_eq!(value(&literal).reveal(), json.clone());
        prop_assert_eq!(value(&format!("jsondecode(jsonencode({literal}))")).reveal(), json.clone());
        prop_assert_eq!(value(&format!("yamldecode(yamlencode({literal}))")).reveal(), json);
    }

    #[test]
    fn a_split_text_joins_to_itself(text in "[a-z,]{0,20}") {
        let joined = value(&format!("join(\",\", split(\",\", \"{text}\"))"));
        prop_assert_eq!(joined.as_str(), Some(text.as_str()));
    }

    #[test]
    fn a_heredoc_without_sequences_is_its_text(lines in prop::collection::vec("[a-z \\\\\"'(){}]{0,10}", 0..5)) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let it = value(&format!("<<EOT\n{text}EOT\n"));
        prop_assert_eq!(it.as_str(), Some(text.as_str()));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z0-9={}()\\[\\]\"$%<\\-!?:.,\\n ~*#/]{0,60}") {
        let _ = Scratch::evaluate(&text);
    }
}
