//! Errors in a tree: file, line, column, the snippet, and what to do. Exit code 1, and nothing is written.

use crate::tree::Tree;

/// Every command that reads the tree refuses it in the same way.
fn refused(tree: &Tree) -> String {
    let validate = tree.run("validate");
    assert_eq!(validate.code, 1, "{}", validate.err);
    assert!(validate.out.is_empty());
    let apply = tree.run("run-all apply");
    assert_eq!(apply.code, 1, "{}", apply.err);
    assert!(!tree.path().join(".fluxlift").exists());
    validate.err
}

#[test]
fn bad_syntax_is_shown_where_it_is() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "locals {\n  a = [1, 2\n}\n")]);
    insta::assert_snapshot!(refused(&tree), @r"
    error: the file is not valid HCL
     --> a/terragrunt.hcl:3:1
      |
    3 | }
      | ^ expected `]`
      hint: look at the lines just above as well: that is where a bracket or a quote is often missing
    ");
}

#[test]
fn an_unknown_function_is_marked() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "locals {\n  a = uper(\"x\")\n}\n")]);
    insta::assert_snapshot!(refused(&tree));
}

#[test]
fn a_missing_dependency_path_is_named() {
    let tree = Tree::of(&[("a/terragrunt.hcl", "dependencies {\n  paths = [\"../nowhere\"]\n}\n")]);
    let text = refused(&tree);
    assert!(text.contains("nowhere") && text.contains("a/terragrunt.hcl:2:"), "{text}");
}

#[test]
fn a_cycle_is_printed_as_a_loop() {
    let needs = |other: &str| format!("dependencies {{\n  paths = [\"../{other}\"]\n}}\n");
    let tree = Tree::of(&[
        ("a/terragrunt.hcl", &needs("b")),
        ("b/terragrunt.hcl", &needs("c")),
        ("c/terragrunt.hcl", &needs("a")),
    ]);
    let text = refused(&tree);
    assert!(text.contains("a → b → c → a"), "{text}");
}

#[test]
fn a_wrong_age_key_is_said_clearly() {
    let tree = Tree::reference();
    // A key of the right form that opens nothing here.
    let key = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n";
    std::fs::write(tree.path().join("terraform/infra/live/common/test-age.key"), key).unwrap();
    let plan = tree.run(&format!("run-all plan --working-dir {}", tree.cluster().display()));
    assert_eq!(plan.code, 1);
    assert!(plan.err.contains("key"), "{}", plan.err);
    assert!(!plan.err.contains("GFPYYSJZ"), "{}", plan.err);
    assert!(plan.out.is_empty());
}
