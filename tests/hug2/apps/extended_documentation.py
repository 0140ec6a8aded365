"""Parents document their parts."""

import hug

import extending_more
import extending_part_documented


@hug.extend_api("/part")
def part():
    return [extending_part_documented]


@hug.extend_api("")
def more():
    return [extending_more]


@hug.get()
def own():
    """Own"""
