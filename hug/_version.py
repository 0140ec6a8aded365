"""The version of this distribution, under the name that hug 2 had for it."""

current = "3.0.0.dev0"
