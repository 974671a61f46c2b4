"""What every picture is made of: the colours, the shapes, paths side by side, maps as boxes."""
