"""Rules in one lane, a kind a file: when which command is written."""
