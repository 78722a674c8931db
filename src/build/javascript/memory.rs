//! What a snapshot keeps of memory: its non-zero parts, as a data section has them.
//!
//! Wizer could do it, and does it for anybody: page by page on threads of its own, each part in a vector of its own, each
//! byte of it pushed alone. This is a tenth of a warm build, so that wizer is shown a memory of zeros, and what
//! belongs in it is written here, once.

use std::ops::Range;
use wasm_encoder::Encode;

/// The most parts: engines take ten times as many.
const PARTS: usize = 10_000;
/// What a part costs beside its bytes, at least: zeros that are fewer stay in.
const OVERHEAD: usize = 4;
/// Gaps are counted up to here; what is as long never joins its neighbours.
const LONGEST_GAP: usize = 4 << 10;

/// The memory of an instance.
#[derive(Debug)]
pub(super) struct Memory {
    /// How many data segments there are.
    pub(super) count: u32,
    /// The segments, encoded.
    pub(super) segments: Vec<u8>,
}

impl Memory {
    /// Of its bytes.
    pub(super) fn of(bytes: &[u8]) -> Memory {
        let parts = parts(bytes);
        let kept: usize = parts.iter().map(|part| part.len() + 16).sum();
        let mut segments = Vec::with_capacity(kept);
        for part in &parts {
            // Active, in the only memory, at a constant.
            segments.extend_from_slice(&[0x00, 0x41]);
            #[expect(clippy::cast_possible_wrap, reason = "that is how an address of 32 bits is written")]
            u32::try_from(part.start).map_or(i32::MAX, |start| start as i32).encode(&mut segments);
            segments.push(0x0b);
            bytes.get(part.clone()).unwrap_or_default().encode(&mut segments);
        }
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        Memory { count, segments }
    }
}

/// Where the non-zero parts are, with the gaps in them that are cheaper than another part, and no more than there may be.
fn parts(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut parts = joined(non_zero(bytes), OVERHEAD);
    if parts.len() > PARTS {
        // How many gaps there are of each length.
        let mut gaps = vec![0_usize; LONGEST_GAP];
        for pair in parts.windows(2) {
            if let [one, next] = pair
                && let Some(count) = gaps.get_mut(next.start - one.end)
            {
                *count += 1;
            }
        }
        let mut excess = parts.len() - PARTS;
        let longest = gaps.iter().position(|count| {
            excess = excess.saturating_sub(*count);
            excess == 0
        });
        parts = joined(parts.into_iter(), longest.unwrap_or(usize::MAX));
    }
    parts
}

/// Parts that no more than `longest` zeros are between become one.
fn joined(parts: impl Iterator<Item = Range<usize>>, longest: usize) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match joined.last_mut() {
            Some(last) if part.start - last.end <= longest => last.end = part.end,
            _ => joined.push(part),
        }
    }
    joined
}

/// The runs of bytes that are not zero, but for zeros in one word.
fn non_zero(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let word = size_of::<u64>();
    bytes.chunks(word).enumerate().filter_map(move |(number, chunk)| {
        let is_zero = <[u8; 8]>::try_from(chunk).is_ok_and(|chunk| u64::from_ne_bytes(chunk) == 0);
        if is_zero {
            return None;
        }
        let first = chunk.iter().position(|byte| *byte != 0)?;
        let last = chunk.iter().rposition(|byte| *byte != 0)?;
        Some(number * word + first..number * word + last + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{BinaryReader, DataKind, DataSectionReader};

    const PAGE: usize = 64 << 10;

    /// The bytes that the segments put back into an empty memory of this length.
    fn restored(memory: &Memory, length: usize) -> Vec<u8> {
        let mut section = Vec::new();
        memory.count.encode(&mut section);
        section.extend_from_slice(&memory.segments);
        let mut bytes = vec![0; length];
        for segment in DataSectionReader::new(BinaryReader::new(&section, 0)).unwrap() {
            let segment = segment.unwrap();
            let DataKind::Active { memory_index: 0, offset_expr } = segment.kind else {
                panic!("{segment:?}")
            };
            let wasmparser::Operator::I32Const { value } = offset_expr.get_operators_reader().read().unwrap()
            else {
                panic!("the offset is no constant")
            };
            let at = usize::try_from(value.cast_unsigned()).unwrap();
            bytes[at..at + segment.data.len()].copy_from_slice(segment.data);
        }
        bytes
    }

    #[test]
    fn what_a_memory_holds_comes_back() {
        let mut seed = 7_u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 40).unwrap()
        };
        for density in [0, 1, 60, 4_000, 100_000] {
            let mut bytes = vec![0; 3 * PAGE];
            for _ in 0..density {
                let at = next() % bytes.len();
                bytes[at] = 0xa5;
            }
            let memory = Memory::of(&bytes);
            assert!(memory.count as usize <= PARTS, "{}", memory.count);
            assert!(restored(&memory, bytes.len()) == bytes, "{density}");
        }
        let ends = [&[1][..], &vec![0; PAGE - 2], &[2]].concat();
        assert!(restored(&Memory::of(&ends), ends.len()) == ends);
    }

    #[test]
    fn there_are_never_more_parts_than_engines_take() {
        // A part every sixteen bytes, each gap as long as the next.
        let bytes: Vec<u8> = (0..16 * PAGE).map(|at| u8::from(at % 16 == 0)).collect();
        let memory = Memory::of(&bytes);
        assert!((1..=PARTS).contains(&(memory.count as usize)), "{}", memory.count);
        assert!(restored(&memory, bytes.len()) == bytes);
        // Few zeros cost less than a part of its own, many do not.
        assert_eq!(Memory::of(&[&[1, 0, 0, 0, 0, 1][..], &vec![0; PAGE - 6]].concat()).count, 1);
        assert_eq!(Memory::of(&[&[1][..], &[0; 12], &[1], &vec![0; PAGE - 14]].concat()).count, 2);
    }
}
