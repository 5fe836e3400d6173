//! From a commit down to a path.

use std::collections::BTreeMap;

use crate::git::pack::Objects;
use crate::git::{EntryKind, Kind, Oid, object};

/// What is at `path` below the commit or tag `tip`: `None` when nothing is. The empty path, `.` and `./` are the root.
///
/// # Errors
/// When an object on the way is missing or malformed; says which.
pub fn find(objects: &Objects, tip: Oid, path: &str) -> Result<Option<(EntryKind, Oid)>, &'static str> {
    let mut here = (EntryKind::Folder, root(objects, tip)?);
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if here.0 != EntryKind::Folder {
            return Ok(None);
        }
        let (kind, content) = objects.get(&here.1).ok_or("a folder is missing")?;
        let entries = if *kind == Kind::Tree { object::tree(content) } else { None };
        let entries = entries.ok_or("a folder is malformed")?;
        match entries.into_iter().find(|entry| entry.name == part) {
            Some(entry) => here = (entry.kind(), entry.oid),
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}

/// The files below the folder `path` of the commit or tag `tip`, by their paths inside it: `None` when there is no such
/// folder. Submodules are left out.
///
/// # Errors
/// When an object on the way is missing or malformed; says which.
pub fn files(objects: &Objects, tip: Oid, path: &str) -> Result<Option<BTreeMap<String, Vec<u8>>>, &'static str> {
    let Some((EntryKind::Folder, tree)) = find(objects, tip, path)? else { return Ok(None) };
    let (mut files, mut folders) = (BTreeMap::new(), vec![(String::new(), tree)]);
    while let Some((prefix, oid)) = folders.pop() {
        let (kind, content) = objects.get(&oid).ok_or("a folder is missing")?;
        let entries = if *kind == Kind::Tree { object::tree(content) } else { None };
        for entry in entries.ok_or("a folder is malformed")? {
            let inside = format!("{prefix}{}", entry.name);
            match entry.kind() {
                EntryKind::Folder => folders.push((format!("{inside}/"), entry.oid)),
                EntryKind::File => {
                    let (_, content) = objects.get(&entry.oid).ok_or("a file is missing")?;
                    files.insert(inside, content.clone());
                }
                EntryKind::Submodule => {}
            }
        }
    }
    Ok(Some(files))
}

/// The commit that `tip` is or, as an annotated tag, points at.
///
/// # Errors
/// As [`find`].
pub fn commit(objects: &Objects, mut tip: Oid) -> Result<Oid, &'static str> {
    for _ in 0..8 {
        let (kind, content) = objects.get(&tip).ok_or("the commit is missing")?;
        match kind {
            Kind::Commit => return Ok(tip),
            Kind::Tag => tip = object::header(content, "object").next().ok_or("a tag is malformed")?,
            Kind::Tree | Kind::Blob => return Err("the ref points at no commit"),
        }
    }
    Err("the tags point at each other too often")
}

fn root(objects: &Objects, tip: Oid) -> Result<Oid, &'static str> {
    let commit = commit(objects, tip)?;
    let (_, content) = objects.get(&commit).ok_or("the commit is missing")?;
    object::header(content, "tree").next().ok_or("the commit is malformed")
}
