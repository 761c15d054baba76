//! What the store promises: nothing lost, nothing doubled, nothing written by two at once, and a trail that shows it.

mod edits;
mod figures;
mod kill;
mod life;
mod lists;
mod mail;
mod opening;
mod scene;
mod sharing;
mod tables;
mod trail;
