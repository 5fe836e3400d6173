//! Pkt-lines: four hex digits of length, then the line.

/// The most that one packet carries.
const MOST: usize = 65_516;

/// One packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// A line.
    Line(&'a [u8]),
    /// `0000`: the end of a section.
    Flush,
    /// `0001` or `0002`: delimiters of protocol version 2.
    Delimiter,
}

impl<'a> Packet<'a> {
    /// The line without its line feed; empty for the others.
    pub fn line(self) -> &'a [u8] {
        match self {
            Self::Line(line) => line.strip_suffix(b"\n").unwrap_or(line),
            Self::Flush | Self::Delimiter => &[],
        }
    }

    /// The line as text, where it is UTF-8.
    pub fn text(self) -> Option<&'a str> {
        std::str::from_utf8(self.line()).ok()
    }
}

/// Reads packets from a buffer. It ends with the buffer, or with `Err(())` once where a packet is cut or malformed.
#[derive(Debug, Clone)]
pub struct Reader<'a>(&'a [u8]);

/// A packet that is cut or malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut;

impl<'a> Reader<'a> {
    /// Reads `buffer`.
    pub const fn new(buffer: &'a [u8]) -> Self {
        Self(buffer)
    }

    fn packet(&mut self) -> Option<Packet<'a>> {
        let length = usize::from_str_radix(std::str::from_utf8(self.0.get(..4)?).ok()?, 16).ok()?;
        let (packet, used) = match length {
            0 => (Packet::Flush, 4),
            1 | 2 => (Packet::Delimiter, 4),
            3 => return None,
            _ => (Packet::Line(self.0.get(4..length)?), length),
        };
        self.0 = &self.0[used..];
        Some(packet)
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Packet<'a>, Cut>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let packet = self.packet();
        if packet.is_none() {
            self.0 = &[];
        }
        Some(packet.ok_or(Cut))
    }
}

/// Writes packets into a buffer.
#[derive(Debug, Clone, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// One line, as it is.
    pub fn line(&mut self, line: impl AsRef<[u8]>) -> &mut Self {
        for part in line.as_ref().chunks(MOST) {
            self.0.extend_from_slice(format!("{:04x}", part.len() + 4).as_bytes());
            self.0.extend_from_slice(part);
        }
        self
    }

    /// The end of a section.
    pub fn flush(&mut self) -> &mut Self {
        self.0.extend_from_slice(b"0000");
        self
    }

    /// `data` on a band of the side-band protocol: 1 pack, 2 progress, 3 error.
    pub fn band(&mut self, band: u8, data: &[u8]) -> &mut Self {
        for part in data.chunks(MOST - 1) {
            let mut line = Vec::with_capacity(part.len() + 1);
            line.push(band);
            line.extend_from_slice(part);
            self.line(line);
        }
        self
    }

    /// `data` as it is, outside of any packet.
    pub fn raw(&mut self, data: &[u8]) -> &mut Self {
        self.0.extend_from_slice(data);
        self
    }

    /// What was written.
    pub fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_and_flushes_come_back_as_they_were_written() {
        let bytes = Writer::default().line("want x\n").flush().line("done").finish();
        assert_eq!(&bytes, b"000bwant x\n00000008done");
        let packets: Result<Vec<_>, _> = Reader::new(&bytes).collect();
        assert_eq!(packets.unwrap(), [Packet::Line(b"want x\n"), Packet::Flush, Packet::Line(b"done")]);
    }

    proptest! {
        #[test]
        fn a_cut_or_garbled_buffer_ends_and_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(Reader::new(&bytes).count() <= bytes.len());
        }

        #[test]
        fn a_band_carries_any_amount_of_data(length in 0usize..200_000) {
            let data = vec![7; length];
            let bytes = Writer::default().band(1, &data).finish();
            let back: Vec<u8> = Reader::new(&bytes).flat_map(|p| match p.unwrap() {
                Packet::Line(line) => line[1..].to_vec(),
                _ => vec![],
            }).collect();
            prop_assert_eq!(back, data);
        }
    }
}
