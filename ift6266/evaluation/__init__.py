"""What painted centres are worth: metrics, classical fills to compare with, whole splits."""
