"""The rooms of BeatVegas. Imports point down: docs/architecture.md draws the floors."""
