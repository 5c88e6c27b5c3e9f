// Its first file makes this room.
