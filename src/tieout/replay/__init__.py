"""`tieout replay`: positions and realized P&L from a file of fills, and where the venue differs.

    a reader    turns a venue's export into fills, in the file's order      activity_file, flex, ...
    order       puts them in the order in which they happened
    continuity  compares the position each fill starts from with what those before it give: gaps
    folding     has the core fold them, in portions, so that a long file needs little memory
    judging     compares each closing with the venue's own figure, by the venue's own method

Start reading at `running.replay_file`.
"""
