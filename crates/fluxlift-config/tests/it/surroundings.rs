//! What a run brings with it: its command.

use fluxlift_config::Tree;

use crate::support::{Scratch, unit};

#[test]
fn what_decides_who_takes_part_knows_the_command() {
    let scratch = Scratch::new(&[(
        "live/u/terragrunt.hcl",
        "exclude {\n  if = get_terraform_command() == \"destroy\"\n  actions = [\"all\"]\n}\n\
         skip = get_terraform_command() == \"plan\"\nprevent_destroy = get_terraform_command() == \"destroy\"\n",
    )]);
    let of = |command: &str| {
        let mut options = scratch.options("live");
        options.command = command.to_owned();
        let tree = Tree::load(options).unwrap();
        let u = &tree.units()[&unit("u")];
        (u.exclude.as_ref().unwrap().covers(command), u.skip, u.prevent_destroy)
    };
    assert_eq!(of("destroy"), (true, false, true));
    assert_eq!(of("plan"), (false, true, false));
    assert_eq!(of("apply"), (false, false, false));
}
