//! Why a break probably happened: causes that are named, and those that must not be.

mod cases;
mod counted;
mod evidence;
mod history;
mod made;
mod patterns;
