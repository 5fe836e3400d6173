//! What `git-upload-pack` answers: the refs, and packs.

use std::collections::{BTreeSet, VecDeque};

use fluxlift_net::git::object;
use fluxlift_net::git::pkt::Writer;
use fluxlift_net::git::{Kind, Oid, pack};

use crate::git::GitRepo;
use crate::git::request::UploadRequest;

/// What this server can do.
const CAPABILITIES: &str = "side-band-64k ofs-delta shallow no-progress filter allow-tip-sha1-in-want \
                            allow-reachable-sha1-in-want object-format=sha1 agent=git/simulated";

impl GitRepo {
    /// The answer to `info/refs?service=git-upload-pack`.
    pub fn advertisement(&self) -> Vec<u8> {
        let mut body = Writer::default();
        body.line("# service=git-upload-pack\n").flush();
        let mut capabilities = format!("\0{CAPABILITIES}");
        if let Some((branch, oid)) = self.default_branch() {
            capabilities.push_str(&format!(" symref=HEAD:{branch}"));
            body.line(format!("{oid} HEAD{capabilities}\n"));
            capabilities.clear();
        }
        for (name, oid) in &self.refs {
            body.line(format!("{oid} {name}{capabilities}\n"));
            capabilities.clear();
            if let Some(tag) = self.objects.content(Kind::Tag, oid).and_then(|tag| object::header(tag, "object").next())
            {
                body.line(format!("{tag} {name}^{{}}\n"));
            }
        }
        if !capabilities.is_empty() {
            body.line(format!("{} capabilities^{{}}{capabilities}\n", Oid::from_bytes([0; 20])));
        }
        body.flush().finish()
    }

    /// The answer to a `git-upload-pack` request.
    pub fn upload(&self, request: &UploadRequest) -> Vec<u8> {
        let mut body = Writer::default();
        if let Some(unknown) = request.wants.iter().find(|oid| self.objects.get(oid).is_none()) {
            return body.line(format!("ERR upload-pack: not our ref {unknown}\n")).finish();
        }
        let (commits, cut) = self.reachable(request);
        if request.depth.is_some() {
            for oid in &cut {
                body.line(format!("shallow {oid}\n"));
            }
            for oid in request.shallow.iter().filter(|oid| commits.contains(*oid) && !cut.contains(*oid)) {
                body.line(format!("unshallow {oid}\n"));
            }
            body.flush();
        }
        if !request.done {
            // A client that only asks where history will be cut expects nothing after the list.
            let answered = request.depth.is_some() && request.haves.is_empty();
            return if answered { body.finish() } else { body.line("NAK\n").finish() };
        }
        // One commit that both sides have is enough to agree on; the client learns it as the base.
        match request.haves.iter().find(|oid| self.objects.get(oid).is_some()) {
            Some(common) => body.line(format!("ACK {common}\n")),
            None => body.line("NAK\n"),
        };
        let pack = self.pack(request, &commits);
        if request.side_band {
            body.band(1, &pack).flush();
        } else {
            body.raw(&pack);
        }
        body.finish()
    }

    /// The commits that the client gets, and those of them at which history is cut.
    fn reachable(&self, request: &UploadRequest) -> (BTreeSet<Oid>, BTreeSet<Oid>) {
        let limit = request.depth.unwrap_or(u32::MAX);
        let (mut found, mut cut) = (BTreeSet::new(), BTreeSet::new());
        let mut queue: VecDeque<(Oid, u32)> = request.wants.iter().map(|oid| (*oid, 1)).collect();
        while let Some((oid, depth)) = queue.pop_front() {
            let Some(object) = self.objects.get(&oid) else { continue };
            match object.kind {
                Kind::Tag => queue.extend(object::header(&object.content, "object").map(|target| (target, depth))),
                // What the client has ends the walk, unless its own history was cut right there.
                Kind::Commit if request.haves.contains(&oid) && !request.shallow.contains(&oid) => {}
                Kind::Commit if found.insert(oid) => {
                    let parents: Vec<Oid> = object::header(&object.content, "parent").collect();
                    if depth < limit {
                        queue.extend(parents.into_iter().map(|parent| (parent, depth + 1)));
                    } else if !parents.is_empty() {
                        cut.insert(oid);
                    }
                }
                Kind::Commit | Kind::Tree | Kind::Blob => {}
            }
        }
        (found, cut)
    }

    fn pack(&self, request: &UploadRequest, commits: &BTreeSet<Oid>) -> Vec<u8> {
        let mut known = BTreeSet::new();
        for have in &request.haves {
            self.tree_of(have, false, &mut known);
        }
        let mut sent = BTreeSet::new();
        for want in &request.wants {
            match self.objects.get(want).map(|object| object.kind) {
                Some(Kind::Tree) => self.walk(want, request.without_blobs, &mut sent),
                Some(Kind::Tag | Kind::Blob) => {
                    sent.insert(*want);
                }
                _ => {}
            }
        }
        for commit in commits {
            sent.insert(*commit);
            self.tree_of(commit, request.without_blobs, &mut sent);
        }
        let objects = sent.difference(&known).filter_map(|oid| self.objects.get(oid));
        pack::write(objects.map(|object| (object.kind, &*object.content)))
    }

    fn tree_of(&self, commit: &Oid, without_blobs: bool, into: &mut BTreeSet<Oid>) {
        let content = self.objects.content(Kind::Commit, commit);
        if let Some(tree) = content.and_then(|content| object::header(content, "tree").next()) {
            self.walk(&tree, without_blobs, into);
        }
    }

    fn walk(&self, tree: &Oid, without_blobs: bool, into: &mut BTreeSet<Oid>) {
        if !into.insert(*tree) {
            return;
        }
        let entries = self.objects.content(Kind::Tree, tree).and_then(|content| object::tree(content));
        for entry in entries.unwrap_or_default() {
            match entry.kind() {
                object::EntryKind::Folder => self.walk(&entry.oid, without_blobs, into),
                object::EntryKind::File if !without_blobs => {
                    into.insert(entry.oid);
                }
                object::EntryKind::File | object::EntryKind::Submodule => {}
            }
        }
    }
}
