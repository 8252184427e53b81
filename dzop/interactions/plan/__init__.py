"""Operations on a care plan: one module per $operation."""
