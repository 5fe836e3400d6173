//! What included files give to those that include them.

use fluxlift_config::NoOutputs;
use serde_json::json;

use crate::support::{Scratch, inputs};

#[test]
fn an_included_file_finds_the_files_beside_it_and_terragrunts_functions_those_beside_its_child() {
    let root = "inputs = {\n  own = file(\"own.txt\")\n  there = fileexists(\"child.txt\")\n  filled = templatefile(\"t.tpl\", { x = 1 })\n  \
                read = read_terragrunt_config(\"child.hcl\").locals.x\n}\n";
    let scratch = Scratch::new(&[
        ("live/root.hcl", root),
        ("live/own.txt", "beside the root"),
        ("live/t.tpl", "${x}"),
        ("live/u/own.txt", "beside the child"),
        ("live/u/child.txt", ""),
        ("live/u/child.hcl", "locals {\n  x = file(\"own.txt\")\n}\n"),
        (
            "live/u/terragrunt.hcl",
            "include {\n  path = find_in_parent_folders(\"root.hcl\")\n}\ninputs = { child = file(\"own.txt\") }\n",
        ),
    ]);
    let tree = scratch.load("live").unwrap();
    assert_eq!(
        inputs(&tree, "u", "plan", &NoOutputs),
        json!({ "own": "beside the root", "there": false, "filled": "1", "read": "beside the child", "child": "beside the child" })
    );
}
