"""What stands on what, over many requests: drawn, judged, and asked what falls if one of them closes."""
